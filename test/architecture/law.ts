import { isBuiltin } from "node:module";
import { dirname, join, normalize, sep } from "node:path";
import type { ModuleFacts } from "./read-module.ts";
import { entries, mayEnter, mayTouchProcess, misleadingFolders, ownPackage, storeys } from "./storeys.ts";

/** A longer file gives the reason in its first line. */
const mostLines = 250;

/** For each folder, the storeys of its parts. */
type Storeys = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Every breach of the law in a set of files, as sentences; an empty list is a lawful house. */
export function breachesOf(modules: readonly ModuleFacts[], table: Storeys = storeys): readonly string[] {
  return [
    ...modules.flatMap((module) => [
      ...importBreaches(module, table),
      ...useBreaches(module),
      ...placeBreaches(module, table),
      ...sizeBreaches(module),
    ]),
    ...circles(modules),
    ...twins(modules),
    ...namesakes(modules),
  ];
}

function importBreaches(module: ModuleFacts, table: Storeys): readonly string[] {
  return module.imports.flatMap((specifier) => {
    const target = resolved(module.path, specifier);
    const breach =
      target === undefined
        ? foreignImportBreach(module.path, specifier)
        : ownImportBreach(module.path, target, table);
    return breach === undefined ? [] : [`${module.path} imports ${specifier}: ${breach}`];
  });
}

function foreignImportBreach(path: string, specifier: string): string | undefined {
  if (path.startsWith("src/csv/") && isBuiltin(specifier)) return "csv/ is pure and imports no node: module";
  return /^(node:)?(process|console)$/.test(specifier) && isShipped(path)
    ? "use the global, which this law can see"
    : undefined;
}

function ownImportBreach(from: string, to: string, table: Storeys): string | undefined {
  const own = buildingOf(from);
  const other = buildingOf(to);
  if (own === "test" || own === "fixtures") return undefined;
  if (other === "test" || other === "fixtures") return `${own} may not import ${other}`;
  if (own === "dev") return undefined;
  if (own !== other) {
    if (!(mayEnter[own] ?? []).includes(other)) return `${own} may not import ${other}`;
    if (entries.includes(to)) return undefined;
    const doors = entries.filter((entry) => entry.startsWith(`${other}/`)).join(" or ");
    return `${other} is entered through ${doors} only`;
  }
  const { folder, parts } = fork(from, to);
  const [ownStorey, otherStorey] = parts.map((part) => storeyOf(table, folder, part));
  if (ownStorey === undefined || otherStorey === undefined || ownStorey > otherStorey) return undefined;
  if (ownStorey === otherStorey && parts.every((part) => isRest(table, folder, part))) return undefined;
  return `${parts[1]} is not below ${parts[0]} in ${folder}/`;
}

function useBreaches({ path, globals }: ModuleFacts): readonly string[] {
  const found: string[] = [];
  const isOutside = /^(test|fixtures)\//.test(path);
  if (isOutside) return found;
  if (
    globals.some((name) => name.startsWith("process.")) &&
    !mayTouchProcess.some((room) => path.startsWith(room))
  )
    found.push(`${path} uses process`);
  if (globals.includes("process.env") && path.startsWith("src/"))
    found.push(`${path} reads the environment: settings come in by parameters, from bin`);
  if (globals.some((name) => name.startsWith("console."))) found.push(`${path} uses console`);
  if (globals.some((name) => /^process\.std(out|err)$/.test(name)) && !/^(bin|dev)\//.test(path))
    found.push(`${path} prints`);
  return found;
}

function placeBreaches({ path }: ModuleFacts, table: Storeys): readonly string[] {
  const folders = path.split("/").slice(0, -1);
  const misleading = folders.find((name) => misleadingFolders.includes(name));
  if (misleading !== undefined)
    return [`${path}: tools take a folder named "${misleading}" for something else`];
  return folders.flatMap((_, depth) => {
    const folder = folders.slice(0, depth + 1).join("/");
    const part = path.slice(folder.length + 1).split("/")[0] ?? "";
    const isFlat = table[folder] === undefined && (part.endsWith(".ts") || !isShipped(path));
    const isListed = isFlat || storeyOf(table, folder, part) !== undefined;
    return isListed ? [] : [`${path}: "${part}" has no storey in ${folder}/`];
  });
}

function sizeBreaches({ path, lineCount, firstLine }: ModuleFacts): readonly string[] {
  const isOutside = /^(test|fixtures)\//.test(path);
  return isOutside || lineCount <= mostLines || /^\/\/ Long(?:er than most,)? because /.test(firstLine)
    ? []
    : [`${path} has ${lineCount} lines, and its first line doesn't say "// Long because ..."`];
}

/**
 * Circles between the parts of a folder, its files and subfolders, types included. Without one, every room has an order of its
 * own, and no import in it goes upwards.
 */
function circles(modules: readonly ModuleFacts[]): readonly string[] {
  const graphs = new Map<string, Map<string, Map<string, string>>>();
  for (const { path, imports } of modules)
    for (const specifier of imports) {
      const target = resolved(path, specifier);
      if (target === undefined || buildingOf(target) !== buildingOf(path)) continue;
      const { folder, parts } = fork(path, target);
      const [from, to] = parts;
      const graph = graphs.get(folder) ?? new Map<string, Map<string, string>>();
      const edges = graph.get(from) ?? new Map<string, string>();
      graphs.set(folder, graph.set(from, edges.set(to, `${path} imports ${specifier}`)));
    }
  return [...graphs].flatMap(([folder, graph]) => {
    const circle = circleIn(graph);
    return circle === undefined ? [] : [`a circle in ${folder}/: ${circle.join("; ")}`];
  });
}

/** The imports that make one circle of a graph; undefined where there is none. */
function circleIn(graph: ReadonlyMap<string, ReadonlyMap<string, string>>): readonly string[] | undefined {
  const done = new Set<string>();
  const follow = (
    node: string,
    way: readonly string[],
    reasons: readonly string[],
  ): readonly string[] | undefined => {
    const start = way.indexOf(node);
    if (start >= 0) return reasons.slice(start);
    if (done.has(node)) return undefined;
    for (const [next, reason] of graph.get(node) ?? []) {
      const circle = follow(next, [...way, node], [...reasons, reason]);
      if (circle !== undefined) return circle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const circle = follow(node, [], []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

/** A word has one meaning: no two files of what is shipped export one name. */
function twins(modules: readonly ModuleFacts[]): readonly string[] {
  const owners = new Map<string, string[]>();
  for (const { path, exports } of modules.filter((module) => isShipped(module.path)))
    for (const name of new Set(exports)) owners.set(name, [...(owners.get(name) ?? []), path]);
  return [...owners]
    .filter(([, paths]) => paths.length > 1)
    .map(([name, paths]) => `${name} is exported by ${paths.join(" and ")}`);
}

/** A name that the package exports means nothing else anywhere, not even within a file. */
function namesakes(modules: readonly ModuleFacts[]): readonly string[] {
  const doors = Object.values(ownPackage);
  const exported = new Map(
    modules
      .filter(({ path }) => doors.includes(path))
      .flatMap(({ path, passesOn }) => passesOn.map((name) => [name, path] as const)),
  );
  return modules
    .filter(({ path }) => isShipped(path))
    .flatMap(({ path, keeps }) =>
      keeps.flatMap((name) => {
        const door = exported.get(name);
        return door === undefined ? [] : [`${path} has a ${name} of its own, and ${door} exports another`];
      }),
    );
}

/** What the tables name although it does not exist any more, or never did. */
export function staleRows(modules: readonly ModuleFacts[]): readonly string[] {
  const paths = modules.map(({ path }) => path);
  const parts = Object.entries(storeys).flatMap(([folder, rooms]) =>
    Object.keys(rooms).flatMap((part) => (part === "*" ? [] : [`${folder}/${part}`])),
  );
  return [...parts, ...entries, ...mayTouchProcess].filter(
    (row) =>
      !paths.some(
        (path) => path === row || path === `${row}.ts` || path.startsWith(row.replace(/\/?$/, "/")),
      ),
  );
}

/** Where the ways to two files part: the folder they share, and the part of it that each is in. */
function fork(
  from: string,
  to: string,
): { readonly folder: string; readonly parts: readonly [string, string] } {
  const [left, right] = [from.split("/"), to.split("/")];
  let depth = 0;
  while (depth < left.length - 1 && depth < right.length - 1 && left[depth] === right[depth]) depth += 1;
  return { folder: left.slice(0, depth).join("/"), parts: [left[depth] ?? "", right[depth] ?? ""] };
}

/** A file is listed without its ending, but where a folder has the same name; `*` lists the files that are left. */
function storeyOf(table: Storeys, folder: string, part: string): number | undefined {
  const rooms = table[folder];
  return rooms?.[part] ?? (part.endsWith(".ts") ? (rooms?.[part.slice(0, -3)] ?? rooms?.["*"]) : undefined);
}

function isRest(table: Storeys, folder: string, part: string): boolean {
  const rooms = table[folder];
  return part.endsWith(".ts") && rooms?.[part] === undefined && rooms?.[part.slice(0, -3)] === undefined;
}

/** The file of this repository that a specifier means; undefined for a package or a module of Node. */
function resolved(path: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return ownPackage[specifier];
  return normalize(join(dirname(path), specifier))
    .replaceAll(sep, "/")
    .replace(/\.js$/, ".ts");
}

function isShipped(path: string): boolean {
  return /^(src|bench|bin)\//.test(path);
}

function buildingOf(path: string): string {
  return path.split("/")[0] ?? "";
}
