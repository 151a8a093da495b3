import { parseSync, visitorKeys, type Node, type StaticExportEntry } from "oxc-parser";

/** What the law has to know of a file, read from its syntax tree. */
export interface ModuleFacts {
  readonly path: string;
  /** Modules it imports or re-exports, types included. */
  readonly imports: readonly string[];
  /** Names it declares and exports. */
  readonly exports: readonly string[];
  /** Names of other files that it exports. */
  readonly passesOn: readonly string[];
  /** Names of functions, classes and types that it declares and doesn't export. */
  readonly keeps: readonly string[];
  /** `process.env`, `console.log` and the like, as `object.property`; `process.*` is the object as a whole. */
  readonly globals: readonly string[];
  readonly lineCount: number;
  readonly firstLine: string;
}

/** A node, and the place in its parent that it has. */
interface Place {
  readonly node: Node;
  readonly parent: Node | undefined;
  readonly key: string;
}

const watched = new Set(["process", "console"]);

/** @throws Error for a file that can't be parsed */
export function readModule(path: string, text: string): ModuleFacts {
  const { module, program, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path} can't be parsed: ${error.message}`);
  const exported: readonly StaticExportEntry[] = module.staticExports.flatMap(({ entries }) => entries);
  const imports = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...exported.flatMap(({ moduleRequest }) => (moduleRequest === null ? [] : [moduleRequest.value])),
  ];
  const globals: string[] = [];
  walk({ node: program, parent: undefined, key: "" }, (place) => {
    const specifier = importedBy(place.node);
    if (specifier !== undefined) imports.push(specifier);
    globals.push(...globalsAt(place));
  });
  return {
    path,
    imports: [...new Set(imports)],
    exports: exported.flatMap(({ moduleRequest, exportName }) =>
      moduleRequest === null && exportName.name !== null ? [exportName.name] : [],
    ),
    passesOn: exported.flatMap(({ moduleRequest, exportName }) =>
      moduleRequest !== null && exportName.name !== null ? [exportName.name] : [],
    ),
    keeps: program.body.flatMap((node) => declaredName(node) ?? []),
    globals: [...new Set(globals)],
    lineCount: text.split("\n").length - 1,
    firstLine: text.slice(0, text.indexOf("\n")),
  };
}

function walk(place: Place, visit: (place: Place) => void): void {
  visit(place);
  for (const key of visitorKeys[place.node.type] ?? []) {
    const child: unknown = Reflect.get(place.node, key);
    for (const node of Array.isArray(child) ? child : [child])
      if (isNode(node)) walk({ node, parent: place.node, key }, visit);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}

/** The name of a function, class or type that a statement declares without exporting it. */
function declaredName(node: Node): string | undefined {
  const isDeclaration =
    node.type === "FunctionDeclaration" ||
    node.type === "ClassDeclaration" ||
    node.type === "TSInterfaceDeclaration" ||
    node.type === "TSTypeAliasDeclaration";
  return isDeclaration ? node.id?.name : undefined;
}

/** What `import("./a.ts")` names, as an expression and as a type, where the specifier is written out. */
function importedBy(node: Node): string | undefined {
  if (node.type !== "ImportExpression" && node.type !== "TSImportType") return undefined;
  const { source } = node;
  if (source.type === "Literal" && typeof source.value === "string") return source.value;
  return source.type === "TemplateLiteral" && source.expressions.length === 0
    ? source.quasis[0]?.value.raw
    : undefined;
}

function globalsAt({ node, parent, key }: Place): readonly string[] {
  if (node.type !== "Identifier" || !watched.has(node.name) || isKey(parent, key)) return [];
  return membersTaken(parent, key).map((member) => `${node.name}.${member}`);
}

/** Whether a name is that of a property; `globalThis.process` is the global itself. */
function isKey(parent: Node | undefined, key: string): boolean {
  if (parent === undefined || ("computed" in parent && parent.computed)) return false;
  if (parent.type === "MemberExpression" && key === "property")
    return parent.object.type !== "Identifier" || !/^(?:globalThis|global)$/.test(parent.object.name);
  return ["key", "imported", "exported", "label"].includes(key);
}

/** Which members of an object the code around it takes; `*` stands for all. */
function membersTaken(parent: Node | undefined, key: string): readonly string[] {
  if (parent?.type === "MemberExpression" && key === "object") {
    const { computed, property } = parent;
    if (!computed && property.type === "Identifier") return [property.name];
    if (property.type === "Literal" && typeof property.value === "string") return [property.value];
  }
  if (parent?.type === "VariableDeclarator" && key === "init" && parent.id.type === "ObjectPattern")
    return parent.id.properties.map((property) =>
      property.type === "Property" && property.key.type === "Identifier" ? property.key.name : "*",
    );
  return ["*"];
}
