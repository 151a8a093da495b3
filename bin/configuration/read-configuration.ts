import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf } from "../../src/ground.ts";

/** A configuration as it was read, not yet checked. */
export interface ReadConfiguration {
  readonly value: unknown;
  /** Whether it is a module, which may hold functions. */
  readonly isModule: boolean;
}

const moduleEndings: ReadonlySet<string> = new Set([".js", ".mjs"]);

/**
 * Reads a configuration: YAML 1.2, JSON, or the default export of a module. A byte order mark is ignored.
 * @throws Error that names the file and says why it can't be read
 */
export async function readConfiguration(file: string): Promise<ReadConfiguration> {
  const ending = extname(file).toLowerCase();
  if (isModuleFile(file)) return { value: await importDefault(file), isModule: true };
  const text = readText(file);
  return { value: ending === ".json" ? parseJson(file, text) : await parseYaml(file, text), isModule: false };
}

/** Whether a configuration is a program that has to be run. */
export function isModuleFile(file: string): boolean {
  return moduleEndings.has(extname(file).toLowerCase());
}

async function importDefault(file: string): Promise<unknown> {
  let imported: { readonly default?: unknown };
  try {
    readFileSync(file);
    imported = (await import(pathToFileURL(file).href)) as typeof imported;
  } catch (cause) {
    throw fault(file, "can't be imported", cause);
  }
  if (imported.default === undefined)
    throw new Error(
      `The configuration "${file}" has no default export. Write: export default defineConfig({ … }).`,
    );
  return imported.default;
}

function readText(file: string): string {
  try {
    // Windows editors write a byte order mark, which parsers don't accept.
    return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (cause) {
    throw fault(file, "can't be read", cause);
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw fault(file, "is not JSON", cause);
  }
}

async function parseYaml(file: string, text: string): Promise<unknown> {
  // Loaded here, since most commands run without a configuration.
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text, { intAsBigInt: true, prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined) throw fault(file, "is not YAML", error);
  return withNumbers(document.toJS());
}

/** Whole numbers that a number holds exactly become numbers; larger ones stay exact as bigint. */
function withNumbers(value: unknown): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (Array.isArray(value)) return value.map(withNumbers);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withNumbers(field)]));
}

function fault(file: string, what: string, cause: unknown): Error {
  const reason = messageOf(cause).trim();
  return new Error(`The configuration "${file}" ${what}: ${reason}`, { cause });
}
