import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { Writable } from "node:stream";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createGunzip, gunzipSync } from "node:zlib";
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

/** Bytes that don't become fewer, so that a reader is soon known to be fast. */
const noise = crypto.getRandomValues(new Uint8Array(50_000));
const mebibyte = 1024 ** 2;

/** Gives so many bytes, and the rest of a chunk, in one memory for all chunks. */
async function* lent(
  leastBytes: number,
  sum = createHash("sha256"),
): AsyncGenerator<Uint8Array, void, undefined> {
  const memory = new Uint8Array(noise.byteLength);
  for (let given = 0; given < leastBytes; given += memory.byteLength) {
    memory.set(noise);
    memory[0] = given % 251;
    sum.update(memory);
    yield memory;
  }
}

test("has the same bytes for a fast reader, and for one that becomes slow", async () => {
  const never = Number.POSITIVE_INFINITY;
  for (const [flushBytes, slowFrom] of [
    [1, never],
    [1 << 18, never],
    [3 * mebibyte, never],
    [1 << 18, 0],
    [1 << 18, 5 * mebibyte],
  ] as const) {
    const clock = { ...systemClock, nowMs: () => nowMs };
    let nowMs = 0;
    const sum = createHash("sha256");
    const source = lent(7 * mebibyte, sum);
    const whole: Uint8Array[] = [];
    let given = 0;
    for await (const piece of new CodedBody(source, {
      coding: gzip,
      ...policy,
      level: 1,
      flushBytes,
      clock,
    })) {
      whole.push(piece);
      given += piece.byteLength;
      if (given > slowFrom) nowMs += 300;
    }
    const read = createHash("sha256").update(gunzipSync(Buffer.concat(whole)));
    assert.equal(read.digest("hex"), sum.digest("hex"), `${flushBytes} ${slowFrom}`);
  }
});

test("flushes no sooner for a fast reader than for a slow one, after the bytes that were asked for", async () => {
  for (const isFast of [true, false]) {
    let nowMs = 0;
    const { coding, opened } = spy(gzip);
    const counted = { ...coding, open: (level: number | undefined) => counting(coding.open(level)) };
    let flushes = 0;
    const counting = (compressor: Compressor): Compressor => {
      const flush = compressor.flush.bind(compressor);
      compressor.flush = ((kind: number, done: () => void) => {
        flushes += 1;
        flush(kind, done);
      }) as Compressor["flush"];
      return compressor;
    };
    const clock = { ...systemClock, nowMs: () => nowMs };
    const settings = { ...policy, flushIntervalMs: 1e6, level: 1, flushBytes: mebibyte, clock };
    for await (const piece of new CodedBody(lent(8 * mebibyte), { coding: counted, ...settings }))
      if (!isFast && piece.byteLength > 0) nowMs += 300;
    assert.deepEqual(opened.map(isDestroyed), [true]);
    // After the first chunk, after each mebibyte with at most a block beside it, and at the end.
    assert.ok(flushes >= 8 && flushes <= 10, `${isFast} ${flushes}`);
  }
});

test("works ahead for a fast reader only, by one block", async () => {
  for (const isFast of [true, false]) {
    const clock = { ...systemClock, nowMs: () => nowMs };
    let nowMs = 0;
    let pulled = 0;
    async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const chunk of lent(6 * mebibyte)) {
        pulled += chunk.byteLength;
        yield chunk;
      }
    }
    const body = new CodedBody(counted(), { coding: gzip, ...policy, level: 1, flushBytes: 1 << 18, clock });
    const ahead: number[] = [];
    let given = 0;
    for await (const piece of body) {
      given += piece.byteLength;
      // Gzip takes 0.03 % more for noise than it has.
      ahead.push(pulled - given);
      if (!isFast) nowMs += 300;
    }
    const most = Math.max(...ahead.slice(1));
    assert.ok(isFast ? most > 256_000 && most < 320_000 : most < 64_000, `${isFast} ${most}`);
  }
});

test("leaves turns of the event loop to others while a block is filled", async () => {
  let turns = 0;
  const over = new AbortController();
  const turning = (async () => {
    for (; !over.signal.aborted; turns += 1) await nextTurn();
  })();
  const turnsOfChunks: number[] = [];
  async function* busy(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of lent(6 * mebibyte)) {
      const untilMs = performance.now() + 2;
      while (performance.now() < untilMs);
      turnsOfChunks.push(turns);
      yield chunk;
    }
  }
  for await (const piece of new CodedBody(busy(), { coding: gzip, ...policy, level: 1, flushBytes: 1 << 18 }))
    assert.ok(piece.byteLength > 0);
  over.abort();
  await turning;
  assert.deepEqual(
    turnsOfChunks.filter((turn, chunk) => turn === turnsOfChunks[chunk - 2]),
    [],
    "three chunks in one turn",
  );
});

test("gives a fast reader all that there is when the source pauses", async () => {
  let goOn = (): void => undefined;
  async function* pausing(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* lent(6 * mebibyte + 1);
    await new Promise<void>((resolve) => (goOn = resolve));
    yield* lent(mebibyte);
  }
  const body = new CodedBody(pausing(), { coding: gzip, ...policy });
  const decoder = createGunzip();
  let decoded = 0;
  let written = 0;
  decoder.on("data", (text: Buffer) => {
    decoded += text.byteLength;
    // The source goes on only when everything before its pause could be read.
    if (decoded > 6 * mebibyte) goOn();
  });
  for await (const piece of body) {
    written += piece.byteLength;
    decoder.write(piece);
  }
  decoder.end();
  await once(decoder, "end");
  assert.ok(decoded > 7 * mebibyte && written > 7 * mebibyte, `${decoded} ${written}`);
});

test("ends no member when the source fails behind blocks for a fast reader", async () => {
  async function* breaking(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* lent(6 * mebibyte);
    throw new Error("broken");
  }
  const whole: Uint8Array[] = [];
  await assert.rejects(async () => {
    for await (const piece of new CodedBody(breaking(), { coding: gzip, ...policy })) whole.push(piece);
  }, /broken/);
  assert.throws(() => gunzipSync(Buffer.concat(whole)), /unexpected end of file/);
});

test("is given up while a block is compressed and the source is waited for", async () => {
  const { coding, opened } = spy(gzip);
  let returned = 0;
  let pulled = 0;
  let getStuck = (): void => undefined;
  const stuck = new Promise<void>((resolve) => (getStuck = resolve));
  const source = {
    [Symbol.asyncIterator]: () => ({
      next: (): Promise<IteratorResult<Uint8Array>> => {
        pulled += 1;
        if (pulled < 120) return Promise.resolve({ done: false, value: noise });
        getStuck();
        return new Promise<never>(() => undefined);
      },
      return: async () => {
        returned += 1;
        return { done: true as const, value: undefined };
      },
    }),
  };
  const body = new CodedBody(source, { coding, ...policy, flushIntervalMs: 1e6 });
  let given = 0;
  const reading = (async () => {
    for await (const piece of body) given += piece.byteLength;
  })();
  await stuck;
  await Promise.all([body.return(), assert.rejects(reading, /given up/)]);
  assert.ok(given > 4 * mebibyte, String(given));
  assert.equal(returned, 1);
  assert.deepEqual(opened.map(isDestroyed), [true]);
});

test("waits as long as a timer can when it may wait for longer", async () => {
  const warnings: Error[] = [];
  const warned = (warning: Error): void => void warnings.push(warning);
  process.on("warning", warned);
  for (const flushIntervalMs of [1e12, Number.POSITIVE_INFINITY]) {
    const body = new CodedBody(lent(200_000), { coding: gzip, ...policy, flushIntervalMs });
    for await (const piece of body) assert.ok(piece.byteLength > 0);
  }
  await nextTurn();
  process.off("warning", warned);
  assert.deepEqual(warnings, []);
});
