import type { StreamCsvError } from "../../errors.ts";
import type { RawBytes } from "./file-bytes.ts";
import { unreadableFile } from "./unreadable-file.ts";

/** A kind of file that isn't rows of text, whatever its name says. */
interface ForeignKind {
  /** The first bytes in hexadecimal, which can't begin a table. */
  readonly signature: RegExp;
  readonly what: string;
  readonly hint: string;
  /** Whether it is text, but no table. */
  readonly isText?: true;
}

const foreignKinds: readonly ForeignKind[] = [
  {
    signature: /^1f8b/,
    what: "gzip data",
    hint: "If it is compressed text, its name must end in .gz, once for a file that was compressed once.",
  },
  {
    signature: /^28b52ffd/,
    what: "zstd data",
    hint: "If it is compressed text, its name must end in .zst, once for a file that was compressed once.",
  },
  {
    signature: /^504b0304/,
    what: "a ZIP archive or a workbook of a spreadsheet (.xlsx, .ods)",
    hint: "Unpack it, or save the sheet as CSV in UTF-8.",
  },
  {
    signature: /^d0cf11e0a1b11ae1/,
    what: "a workbook of Excel (.xls)",
    hint: "Save the sheet as CSV in UTF-8.",
  },
  { signature: /^fd377a585a00/, what: "xz data", hint: "Decompress it, or compress it with gzip or zstd." },
  {
    signature: /^425a683[1-9]314159265359/,
    what: "bzip2 data",
    hint: "Decompress it, or compress it with gzip or zstd.",
  },
  { signature: /^5041523115/, what: "a Parquet file", hint: "Rename it: its name must end in .parquet." },
  {
    signature: /^53514c69746520666f726d6174203300/,
    what: "an SQLite database",
    hint: "Rename it: its name must end in .sqlite, .sqlite3 or .db.",
  },
  // Its magic bytes follow a checksum of eight bytes, and its storage version, of eight bytes too, follows them.
  {
    signature: /^.{16}4455434b.{4}(?:00){6}/,
    what: "a DuckDB database",
    hint: "Rename it: its name must end in .duckdb.",
  },
  { signature: /^255044462d/, what: "a PDF document", hint: "Save its table as CSV in UTF-8." },
  {
    signature: /^(?:00){16}/,
    what: "a run of NUL bytes, as in a file that was not written completely",
    hint: "Write or fetch the file again.",
  },
  // `<!DOCTYPE`, `<html` or `<?xml`, in upper or lower case.
  {
    signature:
      /^(?:efbbbf)?3c(?:21[46]4[46]f[46]3[57]4[57]9[57]0[46]5|[46]8[57]4[46]d[46]c|3f[57]8[46]d[46]c)/,
    what: "an HTML or XML document, maybe a message in place of the file",
    hint: "Open it in a browser to see what it says, and fetch the file again.",
    isText: true,
  },
];

/** As many of the first bytes as a signature needs. */
const signatureBytes = 20;

/** Returns the fault of contents that are known not to be rows of text, by their first bytes. */
export function foreignContents(
  path: string,
  { extent }: Pick<RawBytes, "extent">,
  head: Uint8Array,
): StreamCsvError | undefined {
  const start = Buffer.from(head.subarray(0, signatureBytes)).toString("hex");
  const kind = foreignKinds.find(({ signature }) => signature.test(start));
  if (kind === undefined) return undefined;
  const subject = extent === "the file" ? "it" : "what is compressed in it";
  const wanted = kind.isText === true ? "a table" : "text";
  return unreadableFile(path, `isn't ${wanted}: ${subject} is ${kind.what}`, kind.hint);
}
