/** A kind of file that nobody expects under the name of another. */
export interface ForeignKind {
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
    // The second is that of an archive without files, the third that of one in several parts.
    signature: /^504b(?:0304|0506|0708)/,
    what: "a ZIP archive or a workbook of a spreadsheet (.xlsx, .ods)",
    hint: "Unpack it, or save the sheet as CSV in UTF-8.",
  },
  {
    // `ustar` stands behind the name and the numbers of the first file, of POSIX with a NUL after it, of GNU with blanks.
    signature: /^.{514}7573746172(?:00|202000)/,
    what: "a tar archive",
    hint: "Unpack it with: tar -xf FILE",
  },
  { signature: /^377abcaf271c/, what: "a 7-Zip archive", hint: "Unpack it." },
  { signature: /^526172211a07/, what: "a RAR archive", hint: "Unpack it." },
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
  { signature: /^04224d18/, what: "LZ4 data", hint: "Decompress it, or compress it with gzip or zstd." },
  {
    signature: /^1f9d/,
    what: "data of compress (.Z)",
    hint: "Decompress it, or compress it with gzip or zstd.",
  },
  {
    signature: /^4152524f57310000/,
    what: "an Arrow file (Feather)",
    hint: "Write its table as CSV or Parquet.",
  },
  { signature: /^4f626a01/, what: "an Avro file", hint: "Write its table as CSV or Parquet." },
  {
    // `Standard Jet DB` and `Standard ACE DB`.
    signature: /^000100005374616e6461726420(?:4a6574|414345)204442/,
    what: "a database of Access",
    hint: "Export its table as CSV in UTF-8.",
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
  // `version https://git-lfs.github.com/spec/` and `/annex/objects/`.
  {
    signature:
      /^(?:76657273696f6e2068747470733a2f2f6769742d6c66732e6769746875622e636f6d2f737065632f|2f616e6e65782f6f626a656374732f)/,
    what: "a pointer of Git LFS or git-annex in place of the file",
    hint: "Fetch the file itself with: git lfs pull, or git annex get FILE",
    isText: true,
  },
];

/** As many of the first bytes as a signature needs. */
export const signatureBytes = 265;

/** Returns the kind of contents that are known not to be rows of text, by their first bytes. */
export function foreignKind(head: Uint8Array): ForeignKind | undefined {
  const start = Buffer.from(head.subarray(0, signatureBytes)).toString("hex");
  return foreignKinds.find(({ signature }) => signature.test(start));
}
