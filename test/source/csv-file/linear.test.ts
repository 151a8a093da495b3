import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { readLayout } from "../../../src/source/csv-file/csv-layout.ts";
import { csvSettings } from "../../../src/source/csv-file/csv-settings.ts";
import { RowWindow } from "../../../src/source/csv-file/row-window.ts";
import type { ByteReader } from "../../../src/source/text-file/byte-reader.ts";

/** Bytes that come a few kilobytes at a time, as they do from a decompressor. */
function readerOf(bytes: Uint8Array): ByteReader {
  let from = 0;
  return {
    read(target, at) {
      const part = bytes.subarray(from, from + Math.min(7001, target.length - at));
      target.set(part, at);
      from += part.length;
      return Promise.resolve(part.length);
    },
    close: () => Promise.resolve(),
  };
}

/** Counts the words of four bytes that are read, since a search reads them through this type. */
function countWords(t: TestContext): { readonly read: number } {
  const counted = { read: 0 };
  const { Int32Array: Words } = globalThis;
  const Counted = new Proxy(Words, {
    construct: (_, [memory]: [ArrayBuffer]) =>
      new Proxy(new Words(memory), {
        get(words, name) {
          const value: unknown = Reflect.get(words, name);
          if (typeof value === "number" && name !== "length") counted.read += 1;
          return value;
        },
      }),
  });
  Object.assign(globalThis, { Int32Array: Counted });
  t.after(() => Object.assign(globalThis, { Int32Array: Words }));
  return counted;
}

/** Files that send a careless reader over the same bytes again and again. */
const hostile: Readonly<Record<string, string>> = {
  "quotes alone": `"a"\n${'"'.repeat(6_000_000)}`,
  "a quote that is never closed": `a,b\n1,"${"x,y\n".repeat(1_500_000)}`,
  "one cell of doubled quotes": `a\n"${'""'.repeat(3_000_000)}"\n`,
  "blanks, and then quotes within a cell": `a,b\n${" ".repeat(3_000_000)}x${'" '.repeat(1_500_000)},2\n`,
  "one row that never ends": `a,b\n${",".repeat(6_000_000)}`,
  "empty lines of one column": `a\n${"\n".repeat(6_000_000)}`,
  "line endings of two bytes alone": `a\r\n${"\r\n".repeat(3_000_000)}`,
  "a header of many cells, and rows with one": `${",".repeat(90_000)}\n${"x\n".repeat(3_000_000)}`,
  "a quote that opens in every row but the last closes all": `a,b\n${'1,"\n'.repeat(1_500_000)}"`,
  "blank lines at the end": `a,b\n1,2\n${"\n".repeat(6_000_000)}`,
  "blank lines above the header": `${"\n".repeat(6_000_000)}a\n1\n`,
};

for (const [what, text] of Object.entries(hostile))
  test(`searches ${what} in time linear in the bytes`, async (t) => {
    const bytes = Buffer.from(text);
    const settings = csvSettings("x.csv", ".csv", undefined, {});
    const layout = await readLayout(readerOf(bytes), settings);
    const words = countWords(t);
    const rows = new RowWindow(readerOf(bytes), {
      settings,
      layout,
      mostRows: Number.POSITIVE_INFINITY,
      places: [0],
    });
    try {
      while ((await rows.next()) !== undefined);
    } catch (error) {
      assert.equal((error as { code?: string }).code, "SCSV_SOURCE_UNREADABLE");
    }
    const searchedBytes = 4 * words.read;
    assert.ok(
      searchedBytes > 0 && searchedBytes <= 3 * bytes.length,
      `${searchedBytes / bytes.length} times`,
    );
    await rows.close();
  });
