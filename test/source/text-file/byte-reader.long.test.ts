import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { FileEncoding } from "../../../src/source/file-options.ts";
import { guardFile } from "../../../src/source/guarded-file.ts";
import { openByteReader, type ByteReaderOptions } from "../../../src/source/text-file/open-byte-reader.ts";

const folder = mkdtempSync(join(tmpdir(), "stream-csv-bytes-"));
after(() => {
  rmSync(folder, { recursive: true });
});

let files = 0;

function fileOf(bytes: Uint8Array): string {
  files += 1;
  const path = join(folder, `${files}.txt`);
  writeFileSync(path, bytes);
  return path;
}

/** What a file reads as, by reads of at most `step` bytes. */
async function textOf(bytes: Uint8Array, options: ByteReaderOptions = {}, step = 65_536): Promise<string> {
  const reader = await openByteReader(await guardFile(fileOf(bytes)), options);
  try {
    const parts: Buffer[] = [];
    for (;;) {
      const target = Buffer.alloc(step + 3);
      const count = await reader.read(target, 3);
      assert.ok(count <= step);
      assert.deepEqual([...target.subarray(0, 3)], [0, 0, 0]);
      if (count === 0) return Buffer.concat(parts).toString();
      parts.push(target.subarray(3, 3 + count));
    }
  } finally {
    await reader.close();
  }
}

const alphabet =
  "id,name\r\n1,Jos\u00E9 \u00FF\u00A0\u0080\n2,\u20AC\u201C\u0178\u0430\u05D0,\u4E0A\u0A0A\uFFFD\uFEFF\uD7FF\uE000,\u{1F600}\u{10FFFF}\0\n";

for (const step of [1, 2, 3, 5, 16, 4096])
  test(`reads UTF-8, marked or not, whatever characters lie across reads of ${step} bytes`, async () => {
    const text = alphabet.repeat(40);
    assert.equal(await textOf(Buffer.from(text), {}, step), text);
    assert.equal(await textOf(Buffer.from(`\uFEFF${text}`), {}, step), text);
    assert.equal(await textOf(Buffer.from(`\uFEFF\uFEFF${text}`), {}, step), `\uFEFF${text}`);
  });

/** Encodings by the name that Python has for them. */
const codecs: readonly (readonly [codec: string, encoding: FileEncoding | undefined])[] = [
  ["latin-1", "latin-1"],
  ["cp1252", "windows-1252"],
  ["utf-16-le", "utf-16"],
  ["utf-16", undefined],
  ["utf-16", "latin-1"],
  ["utf-8-sig", "utf-16"],
];

/** Gives the length of a text in an encoding, that text, and what Python itself reads it as, in UTF-8. */
const encoder = `import sys
text = 'id,name' + ''.join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)])).replace('\\ufeff', '')
encoded = text.encode(sys.argv[1], 'ignore')
sys.stdout.buffer.write(len(encoded).to_bytes(4, 'little') + encoded + encoded.decode(sys.argv[1]).encode())`;

for (const [codec, encoding] of codecs)
  test(`reads every character that Python writes in ${codec}, with the option ${encoding ?? "left out"}`, async () => {
    const both = execFileSync("python3", ["-c", encoder, codec], { maxBuffer: 64 * 1024 * 1024 });
    const end = 4 + both.readUInt32LE(0);
    const bytes = both.subarray(4, end);
    const expected = both.toString("utf8", end);
    for (const step of [4093, 65_536]) assert.ok((await textOf(bytes, { encoding }, step)) === expected);
  });

test("reads big-endian UTF-16 by its byte order mark", async () => {
  assert.equal(await textOf(Buffer.from(`\uFEFF${alphabet}`, "utf16le").swap16(), {}, 5), alphabet);
});

const refused: Readonly<
  Record<string, readonly [bytes: Uint8Array, encoding: FileEncoding | undefined, message: RegExp]>
> = {
  "Latin-1 without the option": [
    Buffer.from("a\nJos\u00E9,x", "latin1"),
    undefined,
    /byte 5 of the file.* is 0xE9/,
  ],
  "an invalid byte far into the file": [
    Buffer.concat([Buffer.alloc(200_000, "ab\u00E9"), Buffer.of(0xff)]),
    undefined,
    /byte 200000 of the file.* is 0xFF/,
  ],
  "a surrogate in UTF-8": [Buffer.from("61eda08062", "hex"), undefined, /byte 1 of the file.* is 0xED/],
  "an overlong form": [Buffer.from("61c0af", "hex"), undefined, /byte 1 of the file.* is 0xC0/],
  "a character that isn't whole at the end": [
    Buffer.from("61e282", "hex"),
    undefined,
    /incomplete: it ends with 0xE2 0x82, from byte 1 of the file.* only the beginning of a character/,
  ],
  "one byte of a character at the end": [
    Buffer.concat([Buffer.alloc(70_000, "a"), Buffer.of(0xf0)]),
    undefined,
    /incomplete: it ends with 0xF0, from byte 70000 of the file/,
  ],
  "two bytes at the end that begin no character": [
    Buffer.from("61eda0", "hex"),
    undefined,
    /byte 1 of the file.* is 0xED/,
  ],
  "a byte at the end that begins no character": [
    Buffer.from("61ff", "hex"),
    undefined,
    /byte 1 of the file.* is 0xFF/,
  ],
  "UTF-16 without a mark": [
    Buffer.from("a,b\n1,2\n", "utf16le"),
    undefined,
    /looks like UTF-16 without a byte order mark/,
  ],
  "UTF-16 without a mark, in Cyrillic": [
    Buffer.from("\u0438\u043C\u044F,\u0433\u043E\u0434\n\u0410,1\n", "utf16le"),
    undefined,
    /looks like UTF-16/,
  ],
  "big-endian UTF-16 without a mark": [
    Buffer.from("a,b\n1,2\n", "utf16le").swap16(),
    undefined,
    /looks like UTF-16/,
  ],
  "UTF-32": [Buffer.from("fffe000061000000", "hex"), undefined, /UTF-32/],
  "big-endian UTF-32": [Buffer.from("0000feff00000061", "hex"), undefined, /UTF-32/],
  "a byte that Windows-1252 leaves undefined": [
    Buffer.from("616281", "hex"),
    "windows-1252",
    /byte 2 .*0x81, which is not a character/,
  ],
  "the second half of a pair": [
    Buffer.from("610000dc", "hex"),
    "utf-16",
    /byte 2 .*second half of a character/,
  ],
  "the first half of a pair": [
    Buffer.from("00d86100", "hex"),
    "utf-16",
    /byte 0 .*first half of a character/,
  ],
  "the first half of a pair at the end": [
    Buffer.from("fffe610000d8", "hex"),
    undefined,
    /byte 4 .*first half of a character/,
  ],
  "half a character of UTF-16": [Buffer.from("610062", "hex"), "utf-16", /byte 2 /],
};

for (const [what, [bytes, encoding, message]] of Object.entries(refused))
  test(`refuses ${what}, with the place`, async () => {
    for (const step of bytes.length > 1000 ? [65_536] : [1, 3, 65_536])
      await assert.rejects(textOf(bytes, { encoding }, step), { code: "SCSV_SOURCE_UNREADABLE", message });
  });

test("reads NULs in UTF-8 as what they are", async () => {
  for (const text of ["a\0c,a\n1,2\n", "id,b\n\0,12\n\0,13\n", "a,b\n\0\0\0\0\n"])
    assert.equal(await textOf(Buffer.from(text)), text);
});

test("reads gzip of several members, also empty ones, and zeros after them", async () => {
  const long = alphabet.repeat(5000);
  const packed = Buffer.concat([gzipSync(long), gzipSync(""), gzipSync("end\n"), Buffer.alloc(700)]);
  for (const step of [100, 65_536])
    assert.ok((await textOf(packed, { compression: "gzip" }, step)) === `${long}end\n`);
});

test("reads another encoding out of gzip", async () => {
  const packed = gzipSync(Buffer.from(`\uFEFF${alphabet}`, "utf16le"));
  assert.equal(await textOf(packed, { compression: "gzip" }, 5), alphabet);
});

const whole = gzipSync(alphabet.repeat(9000));
const damagedSum = Buffer.from(whole);
damagedSum[whole.length - 8] = (damagedSum[whole.length - 8] ?? 0) ^ 1;

const damagedFiles: Readonly<Record<string, readonly [bytes: Uint8Array, message: RegExp]>> = {
  nothing: [Buffer.alloc(0), /ends in the midst of its gzip data/],
  "plain text": [Buffer.from("a,b\n1,2\n"), /isn't gzip data, though its name ends in \.gz/],
  "one byte": [Buffer.from("a"), /isn't gzip data/],
  "text that was compressed twice": [gzipSync(whole), /what is compressed in it is gzip data/],
  "a member without its last byte": [whole.subarray(0, -1), /ends in the midst of its gzip data/],
  "half a member": [whole.subarray(0, whole.length >> 1), /ends in the midst of its gzip data/],
  "a wrong checksum": [damagedSum, /damaged gzip data: incorrect data check/],
  "text after a member": [
    Buffer.concat([whole, Buffer.from("abcdefghijklmnopqrstuvwxyz")]),
    /bytes after the end of its gzip data/,
  ],
  "text after zeros after a member": [
    Buffer.concat([whole, Buffer.alloc(9), Buffer.from("abc")]),
    /bytes after the end/,
  ],
  "text after a short member": [
    Buffer.concat([gzipSync("a"), Buffer.from("abcdefghijklmnopqrstuvwxyz")]),
    /bytes after the end of its gzip data/,
  ],
  "half a second member": [Buffer.concat([whole, whole.subarray(0, 500)]), /ends in the midst/],
};

for (const [what, [bytes, message]] of Object.entries(damagedFiles))
  test(`refuses a .gz of ${what}`, async () => {
    await assert.rejects(textOf(bytes, { compression: "gzip" }), { code: "SCSV_SOURCE_UNREADABLE", message });
  });

test("refuses text of another kind as UTF-16, and reads UTF-16 whose characters have no NUL", async () => {
  const bigEndian = Buffer.from("a,b\n1,2\n", "utf16le").swap16();
  for (const [bytes, message] of [
    [bigEndian, /is big-endian UTF-16 without a byte order mark/],
    [Buffer.from("a,b\n1,2\n"), /is not UTF-16, as --encoding says/],
    [Buffer.from("\u00E9,b\n".repeat(2000)), /is not UTF-16/],
  ] as const)
    await assert.rejects(textOf(bytes, { encoding: "utf-16" }), { code: "SCSV_SOURCE_UNREADABLE", message });
  await assert.rejects(textOf(bigEndian, { encoding: "latin-1" }), { message: /looks like UTF-16/ });
  const han = "\u4E2D\u6587\u5B57";
  assert.equal(await textOf(Buffer.from(han, "utf16le"), { encoding: "utf-16" }), han);
});

test("reads what only resembles a file of another kind", async () => {
  for (const text of [
    "SQLite format 3,b\n",
    "<b>,c\n",
    "<h1>,c\n",
    "<!-- a -->\n",
    "<htm,l\n",
    "%PDF,x\n",
    "a\0\0\0\0\n",
    "version https://git\n",
    "/annex/x\n",
    "Obj,Rar!\n",
    `${"a".repeat(257)}ustar,b\n`,
  ])
    assert.equal(await textOf(Buffer.from(text)), text);
});

const foreignFiles: Readonly<Record<string, readonly [start: string, message: RegExp]>> = {
  gzip: ["1f8b0800", /isn't text: it is gzip data/],
  zstd: ["28b52ffd2000", /it is zstd data/],
  ZIP: ["504b030414000600", /a ZIP archive or a workbook/],
  "a ZIP archive without files": ["504b0506000000000000", /a ZIP archive or a workbook/],
  "7-Zip": ["377abcaf271c0004", /a 7-Zip archive/],
  RAR: ["526172211a070100", /a RAR archive/],
  LZ4: ["04224d186440a7", /LZ4 data/],
  compress: ["1f9d90", /data of compress/],
  Arrow: ["4152524f57310000", /an Arrow file \(Feather\)/],
  Avro: ["4f626a0104", /an Avro file/],
  Access: [Buffer.from("\0\x01\0\0Standard Jet DB\0").toString("hex"), /a database of Access/],
  "an old workbook": ["d0cf11e0a1b11ae1", /a workbook of Excel \(\.xls\)/],
  xz: ["fd377a585a000004", /xz data/],
  bzip2: ["425a6839314159265359", /bzip2 data/],
  Parquet: ["504152311504", /a Parquet file/],
  SQLite: [`${Buffer.from("SQLite format 3\0").toString("hex")}1000`, /isn't text: it is an SQLite database/],
  DuckDB: ["b2d64a4bf12bb1114455434b4000000000000000", /isn't text: it is a DuckDB database/],
  PDF: ["255044462d312e34", /isn't text: it is a PDF document/],
  "a file that was not written": ["00".repeat(20), /isn't text: it is a run of NUL bytes/],
  "an HTML page": [
    Buffer.from("<!DOCTYPE html>\n<title>").toString("hex"),
    /isn't a table: it is an HTML or XML/,
  ],
  "an HTML page in lower case": [Buffer.from("<!doctype html><p>").toString("hex"), /HTML or XML document/],
  "an HTML page without a type": [Buffer.from("<html lang=en>").toString("hex"), /HTML or XML document/],
  "an XML document": [Buffer.from('\uFEFF<?xml version="1.0"?>').toString("hex"), /HTML or XML document/],
};

for (const [what, [start, message]] of Object.entries(foreignFiles))
  test(`refuses the contents of ${what} under another name, in every encoding`, async () => {
    const bytes = Buffer.concat([Buffer.from(start, "hex"), Buffer.alloc(40, "a")]);
    for (const encoding of [undefined, "latin-1"] as const)
      await assert.rejects(textOf(bytes, { encoding }), { code: "SCSV_SOURCE_UNREADABLE", message });
  });

test("reads text that begins as other files do", async () => {
  for (const text of ["BZh,PAR1\n", "PAR1,PAR2\n", "PK,b\n", "id,name,DUCK_COUNT\n1,a,2\n", "12345678DUCK"])
    assert.equal(await textOf(Buffer.from(text), {}), text);
});

test("refuses a file that is appended to while it is read, before its last bytes are given", async () => {
  const path = fileOf(Buffer.alloc(10, "a"));
  const reader = await openByteReader(await guardFile(path));
  appendFileSync(path, "b");
  await assert.rejects(
    async () => {
      for (;;) if ((await reader.read(Buffer.alloc(7), 0)) === 0) return;
    },
    { code: "SCSV_SOURCE_CHANGED" },
  );
  await reader.close();
});

test("stops decompressing when nobody reads, and closes with a read under way", async () => {
  const path = fileOf(gzipSync(Buffer.alloc(400 * 1024 * 1024, "a")));
  const before = process.memoryUsage().external;
  const reader = await openByteReader(await guardFile(path), { compression: "gzip" });
  await reader.read(Buffer.alloc(10), 0);
  for (let turn = 0; turn < 20; turn += 1)
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  assert.ok(process.memoryUsage().external - before < 8 * 1024 * 1024);
  const reading = reader.read(Buffer.alloc(1024 * 1024), 0).catch((error: unknown) => error);
  await reader.close();
  await reading;
  await reader.close();
});
