import assert from "node:assert/strict";
import {
  appendFileSync,
  openSync,
  closeSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { test } from "node:test";
import { openSource, type Source } from "../../../src/index.ts";
import { timesOpen, untilClosed } from "../../harness/open-files.ts";
import { fileOf, openJson, rowsOf, unhindered } from "./json-file.ts";

const lineCount = 60_000;
const lines = Array.from(
  { length: lineCount },
  (_, index) => `{"id":${index},"name":"name ${index}"}\n`,
).join("");

async function opened(content = lines): Promise<{ readonly path: string; readonly source: Source }> {
  const path = fileOf(content, "lines.ndjson");
  return { path, source: await openSource(path) };
}

test("reads some columns in another order, a column twice, none, and some rows", async () => {
  const source = await openJson('{"a":1,"b":"x","c":[1]}\n{"c":[2],"b":"y"}\n{"a":3}');
  assert.deepEqual(await rowsOf(source, { columns: [2, 0], rows: 2 }), [
    [{ json: "[1]" }, { number: "1" }],
    [{ json: "[2]" }, null],
  ]);
  assert.deepEqual(await rowsOf(source, { columns: [1, 1], rows: 1 }), [["x", "x"]]);
  assert.deepEqual(await rowsOf(source, { columns: [] }), [[], [], []]);
  assert.deepEqual(await rowsOf(source, { rows: 0 }), []);
  assert.equal((await rowsOf(source, { rows: 99 })).length, 3);
  for (const place of [3, -1, 0.5])
    await assert.rejects(rowsOf(source, { columns: [place] }), {
      name: "RangeError",
      code: "SCSV_ARG_RANGE",
    });
});

test("many readings of one source take turns without harm to each other", async () => {
  const { source } = await opened();
  const expected = Array.from({ length: lineCount }, (_, index) => [
    { number: String(index) },
    `name ${index}`,
  ]);
  const all = await Promise.all(Array.from({ length: 4 }, async () => await rowsOf(source)));
  for (const rows of all) assert.deepEqual(rows, expected);
});

test("opens the file with the first batch that is asked for, and holds a block of it", async () => {
  const { path, source } = await opened();
  assert.equal(timesOpen(path), 0, "it was closed once it was described");
  const batches = source.read({ signal: unhindered })[Symbol.asyncIterator]();
  assert.equal(timesOpen(path), 0);
  const first = await batches.next();
  assert.equal(timesOpen(path), 1);
  assert.ok(first.done !== true && first.value.rowCount <= 2048);
  await batches.return?.();
  assert.equal(timesOpen(path), 0);
});

test("gives the file back when it is aborted at rest or while it reads, returned or closed", async () => {
  const { path, source } = await opened();
  const atRest = new AbortController();
  const resting = source.read({ signal: atRest.signal })[Symbol.asyncIterator]();
  await resting.next();
  atRest.abort(new Error("enough"));
  await untilClosed(path);
  await assert.rejects(resting.next(), /enough/);

  await Promise.all(
    Array.from({ length: 24 }, async (_, index) => {
      const controller = new AbortController();
      setTimeout(() => {
        controller.abort(new Error("enough"));
      }, index / 4);
      await assert.rejects(async () => {
        for (;;)
          for await (const batch of source.read({ signal: controller.signal })) assert.ok(batch.rowCount > 0);
      }, /enough/);
    }),
  );
  await untilClosed(path);

  const closed = source.read({ signal: unhindered })[Symbol.asyncIterator]();
  await closed.next();
  await source.close();
  await source.close();
  await assert.rejects(closed.next(), {
    code: "SCSV_CANCELLED",
    message: /"lines" was closed while it was read/,
  });
  await untilClosed(path);
});

test("a file that can't be opened leaves nothing open", async () => {
  const path = fileOf(`${lines}{"id":1,}`, "broken.json");
  await assert.rejects(openSource(path), { code: "SCSV_SOURCE_UNREADABLE", row: lineCount + 1 });
  assert.equal(timesOpen(path), 0);
});

const changes: readonly (readonly [what: string, change: (path: string) => void])[] = [
  ["is appended to", (path) => appendFileSync(path, '{"id":1}\n')],
  [
    "is cut off at the end of a line",
    (path) => truncateSync(path, lines.lastIndexOf("\n", lines.length - 1000) + 1),
  ],
  ["is emptied", (path) => truncateSync(path, 0)],
  [
    "has one letter changed",
    (path) => {
      const file = openSync(path, "r+");
      writeSync(file, "7", lines.length - 20);
      closeSync(file);
    },
  ],
  ["is written anew with the same size", (path) => writeFileSync(path, lines.replaceAll("name", "eman"))],
  ["becomes something else", (path) => writeFileSync(path, "PAR1".repeat(lines.length / 4))],
];

for (const [what, change] of changes) {
  test(`a file that ${what} while it is read never looks whole`, async () => {
    const { path, source } = await opened();
    let rows = 0;
    await assert.rejects(
      async () => {
        for await (const batch of source.read({ signal: unhindered })) {
          if (rows === 0) change(path);
          rows += batch.rowCount;
        }
      },
      { code: "SCSV_SOURCE_CHANGED" },
    );
    assert.ok(rows < lineCount);
    assert.equal(timesOpen(path), 0);
    await assert.rejects(
      rowsOf(source),
      { code: "SCSV_SOURCE_CHANGED" },
      "the source is that of the file as it was",
    );
    await source.close();
  });
}

test("a file that is replaced while it is read is read to its end; one that has gone isn't found", async () => {
  const { path, source } = await opened();
  let rows = 0;
  for await (const batch of source.read({ signal: unhindered })) {
    if (rows === 0) renameSync(fileOf('{"other":1}', "other.ndjson"), path);
    rows += batch.rowCount;
  }
  assert.equal(rows, lineCount);
  await assert.rejects(rowsOf(source), { code: "SCSV_SOURCE_CHANGED" });
  const anew = await openSource(path);
  assert.notEqual(anew.version, source.version);
  assert.deepEqual(await rowsOf(anew), [[{ number: "1" }]]);
  rmSync(path);
  await assert.rejects(rowsOf(source), { code: "SCSV_SOURCE_NOT_FOUND" });
});

test("opening gives the event loop its turn again and again", async () => {
  const path = fileOf(lines.repeat(8), "long.ndjson");
  let turns = 0;
  let isOpen = false;
  const turn = (): void => {
    turns += 1;
    if (!isOpen) setImmediate(turn);
  };
  setImmediate(turn);
  await openSource(path);
  isOpen = true;
  assert.ok(turns > 50, `${turns} turns`);
});

test("memory is that of a block and a batch, however long the file is", async () => {
  const { source } = await opened(lines.repeat(20));
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  let rows = 0;
  for await (const batch of source.read({ signal: unhindered })) {
    rows += batch.rowCount;
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  assert.equal(rows, 20 * lineCount);
  assert.ok(most < 4 * 1024 ** 2, `${most} bytes`);
});
