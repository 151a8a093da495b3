import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import * as fc from "fast-check";
import { LineSink } from "../../../src/server/shared/line-sink.ts";

type Done = (error: NodeJS.ErrnoException | null, written: number) => void;

function failure(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}

/** A reader that takes bytes only on request. */
class Reader {
  text = "";
  readonly #asked: { readonly bytes: Buffer; readonly done: Done }[] = [];

  readonly write = (bytes: Buffer, done: Done): void => void this.#asked.push({ bytes, done });

  get isAsked(): boolean {
    return this.#asked.length > 0;
  }

  take(most = Number.POSITIVE_INFINITY): void {
    const { bytes, done } = this.#asked.shift() ?? assert.fail("nothing is written");
    const written = Math.min(most, bytes.byteLength);
    this.text += bytes.toString("utf8", 0, written);
    done(null, written);
  }

  refuse(code: string): void {
    const { done } = this.#asked.shift() ?? assert.fail("nothing is written");
    done(failure(code), 0);
  }

  takeAll(): void {
    while (this.isAsked) this.take();
  }
}

test("writes lines in order, one write at a time, and joins lines that arrive meanwhile", () => {
  const reader = new Reader();
  const sink = new LineSink(reader.write, () => undefined);
  for (const line of ["a\n", "b\n", "c\n"]) sink.add(line);
  reader.take();
  assert.equal(reader.text, "a\n");
  reader.take();
  assert.equal(reader.text, "a\nb\nc\n");
  assert.equal(reader.isAsked, false);
});

test("splits no line over two writes while lines are shorter than an atomic write of the kernel", () => {
  const writes: string[] = [];
  const pending: (() => void)[] = [];
  const sink = new LineSink(
    (bytes, done) => {
      writes.push(bytes.toString());
      pending.push(() => done(null, bytes.byteLength));
    },
    () => undefined,
  );
  for (let index = 0; index < 100; index += 1) sink.add(`${String(index).repeat(150)}\n`);
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) next();
  assert.ok(writes.every((text) => text.endsWith("\n") && text.length <= 4096));
});

test("keeps at most its limit, counts dropped lines, and reports them when a line is written again", () => {
  const reader = new Reader();
  const lost: number[] = [];
  const sink = new LineSink(reader.write, (lines) => lost.push(lines), 100);
  for (let index = 0; index < 1000; index += 1) sink.add("123456789\n");
  assert.equal(sink.droppedLines, 1000 - 1 - 10, "one is being written, and ten fit");
  assert.deepEqual(lost, []);
  reader.takeAll();
  assert.deepEqual(lost, [989]);
  assert.equal(reader.text.length, 110);
});

for (const code of ["ENOSPC", "EPIPE", "EIO"]) {
  test(`drops lines that can't be written because of ${code}, and continues`, () => {
    const reader = new Reader();
    const lost: number[] = [];
    const sink = new LineSink(reader.write, (lines) => lost.push(lines));
    sink.add("a\n");
    reader.refuse(code);
    sink.add("b\n");
    reader.take();
    assert.equal(reader.text, "b\n");
    assert.deepEqual([sink.droppedLines, lost], [1, [1]]);
  });
}

test("begins a new line after one whose rest was dropped", () => {
  const reader = new Reader();
  const sink = new LineSink(reader.write, () => undefined);
  sink.add("abcdef\n");
  reader.take(3);
  reader.refuse("ENOSPC");
  sink.add("b\n");
  reader.take();
  assert.equal(reader.text, "abc\nb\n");
});

test("tries again when the reader has no space at the moment", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const reader = new Reader();
  const sink = new LineSink(reader.write, () => undefined);
  sink.add("a\n");
  reader.refuse("EAGAIN");
  assert.equal(reader.isAsked, false);
  t.mock.timers.tick(50);
  reader.take();
  assert.equal(reader.text, "a\n");
  assert.equal(sink.droppedLines, 0);
});

test("flushes until everything is written, or the time is over", async () => {
  const reader = new Reader();
  const sink = new LineSink(reader.write, () => undefined);
  await sink.flush(1_000_000);
  sink.add("a\n");
  await sink.flush(1);
  const flushed = sink.flush(1_000_000);
  await turn();
  reader.take();
  await flushed;
});

test("every line is either written completely or counted, whatever the reader does", () => {
  const step = fc.oneof(
    fc.record({ add: fc.integer({ min: 1, max: 60 }) }),
    fc.constant("take" as const),
    fc.constant("fail" as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const reader = new Reader();
      let told = 0;
      const sink = new LineSink(reader.write, (lines) => (told += lines), 200);
      let added = 0;
      for (const each of steps) {
        if (typeof each === "object") {
          sink.add(`${"x".repeat(each.add)}\n`);
          added += 1;
        } else if (reader.isAsked) {
          if (each === "take") reader.take();
          else reader.refuse("ENOSPC");
        }
      }
      reader.takeAll();
      const written = reader.text.split("\n").length - 1;
      assert.equal(written + sink.droppedLines, added);
      assert.ok(told <= sink.droppedLines);
    }),
  );
});
