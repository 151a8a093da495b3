import { parseSync, Visitor, type StaticExportEntry } from "oxc-parser";

/** What the law has to know of a file, read from its syntax tree. */
export interface ModuleFacts {
  readonly path: string;
  /** Modules it imports or re-exports, types included. */
  readonly imports: readonly string[];
  /** Names it declares and exports. */
  readonly exports: readonly string[];
  /** `process.env`, `console.log` and the like, as `object.property`. */
  readonly globals: readonly string[];
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
  new Visitor({
    ImportExpression({ source }) {
      if (source.type === "Literal" && typeof source.value === "string") imports.push(source.value);
    },
    MemberExpression({ object, property, computed }) {
      if (object.type !== "Identifier" || !watched.has(object.name)) return;
      const isName = !computed && property.type === "Identifier";
      globals.push(`${object.name}.${isName ? property.name : "…"}`);
    },
  }).visit(program);
  return {
    path,
    imports: [...new Set(imports)],
    exports: exported.flatMap(({ moduleRequest, exportName }) =>
      moduleRequest === null && exportName.name !== null ? [exportName.name] : [],
    ),
    globals,
  };
}
