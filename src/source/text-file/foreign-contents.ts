import type { StreamCsvError } from "../../errors.ts";
import type { RawBytes } from "./file-bytes.ts";
import { unreadableFile } from "./unreadable-file.ts";

/** A kind of file that isn't text, whatever its name says. */
interface ForeignKind {
  /** The first bytes in hexadecimal, which can't begin a text. */
  readonly signature: RegExp;
  readonly what: string;
  readonly hint: string;
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
];

/** Returns the fault of contents that are known not to be text, by their first bytes. */
export function foreignContents(
  path: string,
  { extent }: Pick<RawBytes, "extent">,
  head: Uint8Array,
): StreamCsvError | undefined {
  const start = Buffer.from(head.subarray(0, 10)).toString("hex");
  const kind = foreignKinds.find(({ signature }) => signature.test(start));
  if (kind === undefined) return undefined;
  const holder = extent === "the file" ? "isn't text: it is" : "isn't text: what is compressed in it is";
  return unreadableFile(path, `${holder} ${kind.what}`, kind.hint);
}
