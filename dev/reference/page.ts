import { readDocComment, type DocComment } from "./doc-comment.ts";
import type { Entry } from "./entry.ts";
import type { Item, Surface } from "./extract.ts";

/** Parts of a page in their order, and which kinds of items they hold. */
const parts: Readonly<Record<string, string>> = {
  Functions: "Function",
  Classes: "Class",
  Constants: "Variable",
};

/** The reference page of an entry, in Markdown: everything that it exports, with signatures and what the docstrings say. */
export function renderPage({ specifier, summary }: Entry, { items, values }: Surface): string {
  const isValue = ({ name = "" }: Item): boolean => values.has(name);
  const sections = [
    ...Object.entries(parts).flatMap(([title, kind]) =>
      renderSection(
        title,
        items.filter((item) => item.kind === kind && isValue(item)),
      ),
    ),
    ...renderSection(
      "Types",
      items.filter((item) => !isValue(item)),
    ),
  ];
  return `${[
    `# ${specifier}`,
    "<!-- generated from the docstrings; npm run reference writes it -->",
    summary,
    `\`\`\`typescript\nimport { ${[...values].join(", ")} } from "${specifier}";\n\`\`\``,
    ...sections,
  ].join("\n\n")}\n`;
}

function renderSection(title: string, items: readonly Item[]): readonly string[] {
  return items.length === 0 ? [] : [`## ${title}`, ...items.flatMap(renderItem)];
}

function renderItem(item: Item): readonly string[] {
  const doc = readDocComment(item.docComment);
  const isFlat = item.kind === "Interface";
  return [
    `### ${item.name ?? ""}`,
    fenced(isFlat ? interfaceText(item) : signatureOf(item)),
    ...describe(doc),
    ...(isFlat ? propertyList(item) : membersOf(item).flatMap(renderMember)),
  ];
}

function renderMember(member: Item): readonly string[] {
  const name = member.kind === "Constructor" ? "constructor" : (member.name ?? "");
  return [
    `#### ${member.isStatic === true ? "static " : ""}${name}`,
    fenced(signatureOf(member)),
    ...describe(readDocComment(member.docComment)),
  ];
}

function describe({ text, parameters, errors, examples }: DocComment): readonly string[] {
  return [
    ...(text === "" ? [] : [text]),
    ...(parameters.length === 0
      ? []
      : [parameters.map(([name, about]) => `- \`${name}\`: ${oneLine(about)}`).join("\n")]),
    ...(errors.length === 0 ? [] : [errors.map((error) => `- **Throws** ${oneLine(error)}`).join("\n")]),
    ...examples,
  ];
}

/** Members that a caller sees; constructors first, then by name, as API Extractor orders them. */
function membersOf({ members = [] }: Item): readonly Item[] {
  const seen = members.filter(({ isProtected }) => isProtected !== true);
  return [
    ...seen.filter(({ kind }) => kind === "Constructor"),
    ...seen.filter(({ kind }) => kind !== "Constructor"),
  ];
}

function interfaceText(item: Item): string {
  const lines = membersOf(item).map((member) => `  ${signatureOf(member)}`);
  return `${signatureOf(item)} {\n${lines.join("\n")}\n}`;
}

/** What is said of the members of an interface, each in a line; those whose name and type say all are left out. */
function propertyList(item: Item): readonly string[] {
  const lines = membersOf(item).flatMap((member) => {
    const { text, defaultValue } = readDocComment(member.docComment);
    const said = [
      ...(text === "" ? [] : [oneLine(text)]),
      ...(defaultValue === undefined ? [] : [`Default: ${oneLine(defaultValue)}.`]),
    ];
    return said.length === 0 ? [] : [`- \`${member.name ?? ""}\`: ${said.join(" ")}`];
  });
  return lines.length === 0 ? [] : [lines.join("\n")];
}

function signatureOf({ excerptTokens }: Item): string {
  return excerptTokens
    .map(({ text }) => text)
    .join("")
    .replace(/^export (?:declare )?/, "")
    .trim();
}

function fenced(code: string): string {
  return `\`\`\`typescript\n${code}\n\`\`\``;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ").trim();
}
