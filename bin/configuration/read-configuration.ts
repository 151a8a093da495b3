import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import type { Document, ErrorCode } from "yaml";
import { isCodedError, messageOf } from "../../src/ground.ts";
import { decodeUtf8File } from "./decode-utf8-file.ts";
import { lineOfRepeatedJsonName } from "./line-of-repeated-json-name.ts";
import { lineOfRepeatedYamlName } from "./line-of-repeated-yaml-name.ts";

/** A configuration as it was read, not yet checked. */
export interface ReadConfiguration {
  readonly value: unknown;
  /** Whether it is a module, which may hold functions. */
  readonly isModule: boolean;
}

const moduleEndings: ReadonlySet<string> = new Set([".js", ".mjs"]);
const otherModuleEndings: ReadonlySet<string> = new Set([".ts", ".mts", ".cts", ".cjs"]);

/** Why a module of another kind can't be a configuration, as the end of a sentence that begins with its name. */
export const whyNoModule =
  "can't be used: a configuration that is a module ends in .js or .mjs. Compile it, or write it in JavaScript; an editor checks it by defineConfig().";

/**
 * Reads a configuration: YAML 1.2, JSON, or the default export of a module. A byte order mark is ignored.
 * @throws Error that names the file and says why it can't be read
 */
export async function readConfiguration(file: string): Promise<ReadConfiguration> {
  const ending = extname(file).toLowerCase();
  if (isModuleFile(file)) return { value: await importDefault(file), isModule: true };
  if (otherModuleEndings.has(ending)) throw new Error(`The configuration "${file}" ${whyNoModule}`);
  const text = readText(file);
  return { value: ending === ".json" ? parseJson(file, text) : await parseYaml(file, text), isModule: false };
}

/** Whether a configuration is a program that has to be run. */
export function isModuleFile(file: string): boolean {
  return moduleEndings.has(extname(file).toLowerCase());
}

async function importDefault(file: string): Promise<unknown> {
  // Read first: whatever fails after that, the module does itself.
  readBytes(file);
  let exported: unknown;
  try {
    exported = await unlessIdle(defaultOf(file));
  } catch (cause) {
    throw fault(file, "can't be imported", cause, importAdvice(cause));
  }
  if (exported === undefined)
    throw new Error(
      `The configuration "${file}" has no default export. Write: export default defineConfig({ … }).`,
    );
  return exported;
}

/** The default export, or what a promise gives that is the default export. */
async function defaultOf(file: string): Promise<unknown> {
  const imported = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
  return await imported.default;
}

/** Waits for a promise. If nothing is left that could settle it, Node would end the process without a word. */
async function unlessIdle(promise: Promise<unknown>): Promise<unknown> {
  let giveUp: (() => void) | undefined;
  const idle = new Promise<never>((_, reject) => {
    giveUp = () => reject(new Error("it awaits something that never comes."));
    process.once("beforeExit", giveUp);
  });
  try {
    return await Promise.race([promise, idle]);
  } finally {
    if (giveUp !== undefined) process.off("beforeExit", giveUp);
  }
}

function readText(file: string): string {
  const text = decodeUtf8File(readBytes(file));
  if (text !== undefined) return text;
  throw new Error(`The configuration "${file}" is not UTF-8 text. Save it as UTF-8 with an editor.`);
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw fault(file, "can't be read", cause, isCodedError(cause) ? fileAdvice[cause.code] : undefined);
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    JSON.parse(text);
  } catch (cause) {
    throw syntaxFault(file, "is not JSON", jsonReason(messageOf(cause), text));
  }
  refuseRepeatedName(file, lineOfRepeatedJsonName(text));
  return withNumbers(parseAsWritten(text));
}

/** A text, or a number: only outside of texts do digits belong to a number. */
const textOrNumber = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/** Parses valid JSON, with what was written of numbers that are written otherwise than JavaScript does. */
function parseAsWritten(text: string): unknown {
  const mark = randomUUID();
  const marked = text.replaceAll(textOrNumber, (token) =>
    token.startsWith('"') || token === String(Number(token)) ? token : `"${mark}${token}"`,
  );
  return JSON.parse(marked, (_, value: unknown) => {
    if (typeof value !== "string" || !value.startsWith(mark)) return value;
    const written = value.slice(mark.length);
    return /^-?[1-9]\d*$/.test(written) ? BigInt(written) : new WrittenNumber(written, Number(written));
  });
}

/** What V8 says, with the line in the place of a piece of the text, which may be one of a password. */
function jsonReason(words: string, text: string): string {
  const [, reason = words, before = "", piece = ""] =
    /^(.*), (\.\.\.)?"(.*)"(?:\.\.\.)? is not valid JSON$/s.exec(words) ?? [];
  const at = text.indexOf(piece);
  // V8 shows ten letters in front of the one at fault.
  const isKnown = before !== "" && at >= 0 && !text.includes(piece, at + 1);
  return isKnown ? `${reason} in line ${text.slice(0, at + 10).split("\n").length}` : reason;
}

/** What is YAML and no configuration, by the parser's code. */
const unusable: Readonly<Partial<Record<ErrorCode, string>>> = {
  MULTIPLE_DOCS: "a second document begins",
  NON_STRING_KEY: "a name is an alias, a list or an object",
};

async function parseYaml(file: string, text: string): Promise<unknown> {
  // Loaded here, since most commands run without a configuration.
  const { parseDocument } = await import("yaml");
  const options = { intAsBigInt: true, prettyErrors: true, merge: true, stringKeys: true, uniqueKeys: false };
  const document = parseDocument(text, options);
  const [error] = document.errors;
  if (error !== undefined) {
    const line = error.linePos?.[0].line;
    const end = line === undefined ? "" : ` in line ${line}`;
    const known = unusable[error.code];
    if (known !== undefined) throw syntaxFault(file, "can't be used", `${known}${end}`);
    throw syntaxFault(file, "is not YAML", `${yamlReason(error.message)}${end}`);
  }
  refuseRepeatedName(file, await lineOfRepeatedYamlName(document, text));
  await keepWritten(document);
  try {
    return withNumbers(document.toJS());
  } catch (cause) {
    // An alias of nothing, or of a value that it is in: then the stack overflows.
    const isEndless = cause instanceof RangeError;
    throw syntaxFault(
      file,
      "can't be used",
      isEndless ? "a value contains itself" : yamlReason(messageOf(cause)),
    );
  }
}

/** Keeps what was written of numbers that are written otherwise than JavaScript does. */
async function keepWritten(document: Document): Promise<void> {
  const { visit } = await import("yaml");
  visit(document, {
    Scalar: (_, node) => {
      const { source, value } = node;
      const isNumber = typeof value === "number" || typeof value === "bigint";
      if (isNumber && source !== undefined && source !== String(value))
        node.value = new WrittenNumber(source, value);
    },
  });
}

/** What the parser says, without the lines of the text, and without the piece at the end that some messages quote. */
function yamlReason(words: string): string {
  const [reason = words] = words.split(/ at line \d|: |(?<=escape sequence) /);
  return reason;
}

/** A number, and the text that it is in the file: `007`, `+49`, `1.50`, or one with more digits than a number holds. */
class WrittenNumber {
  readonly written: string;
  readonly value: number | bigint;

  constructor(written: string, value: number | bigint) {
    this.written = written;
    this.value = value;
  }
}

/**
 * Whole numbers that a number holds exactly become numbers; larger ones stay exact as bigint. A value of a parameter stays as it is
 * written, since its text is what counts: `007` isn't the customer `7`.
 */
function withNumbers(value: unknown, isParameter = false): unknown {
  if (value instanceof WrittenNumber) return isParameter ? value.written : withNumbers(value.value);
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (Array.isArray(value)) return value.map((item) => withNumbers(item, isParameter));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      withNumbers(field, isParameter || name === "parameters"),
    ]),
  );
}

function refuseRepeatedName(file: string, line: number | undefined): void {
  if (line !== undefined)
    throw syntaxFault(file, "can't be used", `an object has a name twice, the second time in line ${line}`);
}

/** The cause is left out, since it quotes the text, in which passwords may be. */
function syntaxFault(file: string, what: string, reason: string): Error {
  return new Error(`The configuration "${file}" ${what}: ${reason}.`);
}

function fault(file: string, what: string, cause: unknown, whatToDo: string | undefined): Error {
  const reason = messageOf(cause).trim();
  const end = whatToDo === undefined ? "" : `. ${whatToDo}`;
  return new Error(`The configuration "${file}" ${what}: ${reason}${end}`, { cause });
}

/** What to do where the file system doesn't give the file. */
const fileAdvice: Readonly<Record<string, string>> = {
  ENOENT: "Name a file that exists with --config, or use none with --no-config.",
  EACCES: "Let the user of this command read it and enter its folders.",
  EPERM: "Let the user of this command read it and enter its folders.",
  EISDIR: "Name the file itself, such as stream-csv.yaml in that folder.",
  ENOTDIR: "Name a file that exists with --config, or use none with --no-config.",
};

/** What to do where a module imports what isn't there. Of its other errors only the module's author knows. */
function importAdvice(cause: unknown): string | undefined {
  if (!isCodedError(cause) || cause.code !== "ERR_MODULE_NOT_FOUND") return undefined;
  const reason = messageOf(cause);
  if (reason.startsWith("Cannot find package"))
    return "Install in its folder what it imports, by npm install; defineConfig() only tells editors the types, and can be left out.";
  return reason.startsWith("Cannot find module") ? "Correct the path that it imports." : undefined;
}
