import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { systemClock } from "../../src/clock.ts";
import { CodedBody } from "../../src/compression/coded-body.ts";
import type { Coding, Compressor } from "../../src/compression/coding.ts";
import { gzip } from "../../src/compression/gzip.ts";

const policy = { flushBytes: 1 << 17, flushIntervalMs: 200, clock: systemClock };

async function* bytes(...chunks: readonly string[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function* failing(): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from("a");
  throw new Error("broken");
}

/** A coding that remembers the compressors it opened. */
function spy(coding: Coding): { readonly coding: Coding; readonly opened: Compressor[] } {
  const opened: Compressor[] = [];
  const open = (level: number | undefined): Compressor => {
    const compressor = coding.open(level);
    opened.push(compressor);
    return compressor;
  };
  return { coding: { ...coding, open }, opened };
}

const isDestroyed = (compressor: Compressor | undefined): boolean =>
  compressor instanceof Writable && compressor.destroyed;

test("opens no compressor before the first pull", async () => {
  const { coding, opened } = spy(gzip);
  const body = new CodedBody(bytes("a"), { coding, ...policy });
  await body.return();
  assert.equal(opened.length, 0);
});

test("destroys its compressor when the body ends, fails or is abandoned", async () => {
  const { coding, opened } = spy(gzip);
  const whole: Uint8Array[] = [];
  for await (const piece of new CodedBody(bytes("a", "b"), { coding, ...policy })) whole.push(piece);
  assert.equal(gunzipSync(Buffer.concat(whole)).toString(), "ab");

  const broken = new CodedBody(failing(), { coding, ...policy });
  await assert.rejects(async () => {
    for await (const piece of broken) whole.push(piece);
  }, /broken/);

  const left = new CodedBody(bytes("a", "b"), { coding, ...policy });
  await left.next();
  await left.return();
  assert.deepEqual(opened.map(isDestroyed), [true, true, true]);
});

test("closes its source once when it is abandoned, and has no further chunk", async () => {
  let returned = 0;
  const source = {
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: false as const, value: new Uint8Array(10) }),
      return: async () => {
        returned += 1;
        return { done: true as const, value: undefined };
      },
    }),
  };
  const body = new CodedBody(source, { coding: gzip, ...policy });
  await body.next();
  await body.return();
  await body.return();
  assert.equal(returned, 1);
  assert.deepEqual(await body.next(), { done: true, value: undefined });
});

test("rejects with the compressor's error", async () => {
  const coding: Coding = {
    ...gzip,
    open: (level) => {
      const compressor = gzip.open(level);
      compressor.write = () => {
        if (compressor instanceof Writable) compressor.destroy(new Error("out of memory"));
        return false;
      };
      return compressor;
    },
  };
  const body = new CodedBody(bytes("a"), { coding, ...policy });
  await assert.rejects(body.next(), /out of memory/);
});

test("sends a large chunk in small pieces, so that little is buffered between two flushes", async () => {
  const random = crypto.getRandomValues(new Uint8Array(65_536));
  const chunk = Buffer.concat(Array.from({ length: 64 }, () => random));
  const sizes: number[] = [];
  async function* big(): AsyncGenerator<Uint8Array, void, undefined> {
    yield chunk;
  }
  for await (const piece of new CodedBody(big(), { coding: gzip, ...policy })) sizes.push(piece.byteLength);
  assert.ok(Math.max(...sizes) < 200_000, String(Math.max(...sizes)));
});
