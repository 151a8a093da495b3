import { createHash } from "node:crypto";
import { csvChunks } from "../../../src/index.ts";
import { generatedSource, type GeneratedExportName } from "../../../src/internal.ts";
import { fileVersions, versionRows, versionText, type SourceVersion } from "./source-files.ts";

/** The requested dialects, and how each writes an integer and a text that needs no quotes. */
const dialects = {
  rfc4180: { bom: "", delimiter: ",", end: "\r\n" },
  unix: { bom: "", delimiter: ",", end: "\n" },
  tsv: { bom: "", delimiter: "\t", end: "\n" },
  "excel-eu": { bom: "\uFEFF", delimiter: ";", end: "\r\n" },
} as const;

export type KnownDialect = keyof typeof dialects;
export const knownDialects = Object.keys(dialects) as readonly KnownDialect[];

/** A possible text of an export. */
export interface KnownText {
  /** Its description. */
  readonly name: string;
  readonly bytes: number;
  readonly rows: number;
  /** SHA-256, in hexadecimal. */
  readonly sha256: string;
  /** The text itself if it is small, to check ranges. */
  readonly content: Buffer | undefined;
}

/** Texts up to this size are kept completely, not only their digests. */
const mostKeptBytes = 2 * 1024 ** 2;

/** The only correct texts of answers, each made once. */
export class KnownTexts {
  readonly #texts = new Map<string, Promise<KnownText>>();

  /**
   * A version of a file as CSV, up to a number of rows. It is built here from the same ids and words, so that the
   * tested code doesn't decide what is right.
   */
  ofFile(version: SourceVersion, dialect: KnownDialect, rows = Infinity): Promise<KnownText> {
    const count = Math.min(rows, versionRows(version));
    return this.#once(`the ${version} version, ${count} rows, ${dialect}`, count, () =>
      fileText(version, dialect, count),
    );
  }

  /** Every text that a file may have, in any version. */
  async ofAnyVersion(dialect: KnownDialect, rows?: number): Promise<readonly KnownText[]> {
    return await Promise.all(fileVersions.map((version) => this.ofFile(version, dialect, rows)));
  }

  /** A generated export, made by this library in this process, without faults. */
  ofGenerated(
    name: GeneratedExportName,
    dialect: KnownDialect,
    { rows, seed }: { readonly rows: number; readonly seed: number },
  ): Promise<KnownText> {
    return this.#once(`${name}, ${rows} rows, seed ${seed}, ${dialect}`, rows, () =>
      csvChunks(generatedSource(name, { rows, seed }), { dialect }),
    );
  }

  async #once(name: string, rows: number, chunks: () => Chunks): Promise<KnownText> {
    const known = this.#texts.get(name) ?? read(name, rows, chunks());
    this.#texts.set(name, known);
    return await known;
  }
}

type Chunks = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

async function read(name: string, rows: number, chunks: Chunks): Promise<KnownText> {
  const hash = createHash("sha256");
  let kept: Buffer[] | undefined = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    const piece = Buffer.from(chunk as Uint8Array);
    hash.update(piece);
    bytes += piece.length;
    if (bytes > mostKeptBytes) kept = undefined;
    kept?.push(piece);
  }
  const content = kept === undefined ? undefined : Buffer.concat(kept);
  return { name, bytes, rows, sha256: hash.digest("hex"), content };
}

function* fileText(version: SourceVersion, dialect: KnownDialect, rows: number): Generator<string> {
  const { bom, delimiter, end } = dialects[dialect];
  yield `${bom}id${delimiter}text${end}`;
  let piece = "";
  for (let row = 0; row < rows; row += 1) {
    piece += `${row}${delimiter}${versionText(version, row)}${end}`;
    if (piece.length < 64 * 1024) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}
