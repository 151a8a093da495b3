import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { lastLinesOf } from "../../../bench/subject/process/last-lines.ts";

/** The last lines after texts were written, each to the stream of its number. */
async function linesAfter(...texts: readonly (readonly [stream: number, text: string | Buffer])[]) {
  const streams = [new PassThrough(), new PassThrough()] as const;
  const lines = lastLinesOf(...streams);
  for (const [stream, text] of texts) {
    streams[stream]?.write(text);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return lines();
}

test("lines of several streams are kept in the order they came, without blank ones, wherever they are cut", async () => {
  const letter = Buffer.from("ä");
  assert.deepEqual(
    await linesAfter(
      [0, "a\r"],
      [0, "\nb\n \n"],
      [1, "c\rd\n"],
      [0, letter.subarray(0, 1)],
      [0, letter.subarray(1)],
      [0, "\n"],
    ),
    ["a", "b", "c", "d", "ä"],
  );
});

test("the last ten lines are kept, and a line without its end is one", async () => {
  const many = Array.from({ length: 30 }, (_, index) => `line ${index}`);
  const lines = await linesAfter([0, `${many.join("\n")}\n`], [1, "no licence"]);
  assert.deepEqual(lines, [...many.slice(-9), "no licence"]);
});

test("a line is kept up to 500 characters, also one that never ends", async () => {
  const stream = new PassThrough();
  const lines = lastLinesOf(stream);
  const before = process.memoryUsage().heapUsed;
  const part = Buffer.alloc(1024 ** 2, ".");
  for (let written = 0; written < 600; written += 1) {
    if (!stream.write(part)) await new Promise((resolve) => stream.once("drain", resolve));
  }
  assert.deepEqual(lines(), [`${".".repeat(500)}…`]);
  assert.ok(process.memoryUsage().heapUsed - before < 200 * 1024 ** 2);
  stream.write("\nend\n");
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(lines(), [`${".".repeat(500)}…`, "end"]);
});
