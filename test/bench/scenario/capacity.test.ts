import assert from "node:assert/strict";
import { test } from "node:test";
import {
  brokenLimit,
  longestPingSeconds,
  type Step,
} from "../../../bench/scenario/capacity/capacity-limits.ts";
import { capacitySentence } from "../../../bench/scenario/capacity/capacity-sentence.ts";
import { capacityBound, type CapacityFactors } from "../../../bench/scenario/capacity/expect-capacity.ts";
import { findCapacity } from "../../../bench/scenario/capacity/find-capacity.ts";
import type { Target } from "../../../bench/subject/target.ts";

const ping = { answered: 200, failed: 0, p50Ms: 1, p99Ms: 4, meanMs: 1, longestMs: 5 };

/** A step that keeps every limit. */
function stepOf(readers: number, changes: Partial<Step> = {}): Step {
  return { readers, unserved: 0, problem: null, rateShare: 1, ping, ...changes };
}

/** A search over a server that carries so many readers, and which numbers were tried. */
async function search(capacity: number, { mostReaders = 256, steps = 100, hiccups = 0 } = {}) {
  const tried: number[] = [];
  let left = hiccups;
  const found = await findCapacity(
    (readers) => {
      tried.push(readers);
      left -= 1;
      return Promise.resolve(stepOf(readers, { unserved: readers > capacity || left >= 0 ? readers : 0 }));
    },
    {
      mostReaders,
      refinements: 4,
      hasTime: () => tried.length < steps,
      brokenBy: (step) => brokenLimit(step, 0.1),
    },
  );
  return { ...found, tried };
}

test("readers are multiplied until a limit breaks twice, and the number between is narrowed down", async () => {
  const { carried, broken, tried } = await search(32);
  assert.equal(carried, 31);
  assert.equal(broken?.readers, 34);
  assert.deepEqual(tried, [1, 4, 16, 64, 64, 40, 40, 28, 34, 34, 31]);
});

test("a reader in a hundred that waits for a slot isn't carried", async () => {
  const { carried, kept, broken } = await findCapacity(
    // One slot less than there are readers is within the limit from a hundred readers on.
    (readers) => Promise.resolve(stepOf(readers, { unserved: Math.max(0, readers - 200) })),
    { mostReaders: 256, refinements: 8, hasTime: () => true, brokenBy: (step) => brokenLimit(step, 0.1) },
  );
  assert.equal(carried, 200);
  assert.equal(kept?.readers, 202);
  assert.equal(broken?.readers, 203);
});

test("one bad moment doesn't count as a limit", async () => {
  const { carried, broken, tried } = await search(1000, { mostReaders: 16, hiccups: 1 });
  assert.equal(carried, 16);
  assert.equal(broken, null);
  assert.deepEqual(tried, [1, 1, 4, 16]);
});

test("a server that can't carry one reader carries none, and the search ends", async () => {
  const { carried, broken, tried } = await search(0);
  assert.equal(carried, 0);
  assert.equal(broken?.readers, 1);
  assert.match(broken.limit, /^1 of 1 readers were not served/);
  assert.deepEqual(tried, [1, 1]);
});

test("the search stops at the most readers, and when there is no time left, but takes one step always", async () => {
  assert.deepEqual((await search(1000, { mostReaders: 10 })).tried, [1, 4, 10]);
  assert.deepEqual((await search(1000, { steps: 0 })).tried, [1]);
});

for (const [what, changes, words] of [
  ["nothing is wrong", {}, null],
  ["one reader in a hundred waits", { unserved: 1 }, null],
  [
    "two in a hundred wait",
    { unserved: 2 },
    /^2 of 100 readers were not served: only 98 had their first byte/,
  ],
  [
    "readers are refused",
    { unserved: 3, problem: "An export to a slow reader was answered with 503." },
    /not served: An export to a slow reader was answered with 503\.$/,
  ],
  ["readers are too slow", { rateShare: 0.8 }, /^a reader got 80 % of its rate$/],
  ["no reader was served", { unserved: 100, rateShare: null }, /^100 of 100/],
  ["short requests fail", { ping: { ...ping, failed: 3 } }, /^3 of 203 short requests had no answer$/],
  ["short requests are slow", { ping: { ...ping, p99Ms: 101 } }, /took 101 ms or more$/],
  ["there are no short requests", { ping: null }, null],
] as const) {
  test(`a limit is ${words === null ? "kept" : "broken"} when ${what}`, () => {
    const limit = brokenLimit(stepOf(100, changes), 0.1);
    if (words === null) assert.equal(limit, null);
    else assert.match(limit ?? "", words);
  });
}

test("on a busy machine short requests may take a multiple of what they take without readers", () => {
  assert.equal(longestPingSeconds(null), 0.1);
  assert.equal(longestPingSeconds(ping), 0.1);
  assert.equal(longestPingSeconds({ ...ping, p99Ms: 60 }), 0.3);
  assert.equal(longestPingSeconds({ ...ping, p99Ms: 60, failed: 1 }), 0.1);
});

const mebibyte = 1024 ** 2;
const plan: CapacityFactors["plan"] = {
  readBytesPerSecond: mebibyte,
  bufferMemoryBytes: 256 * mebibyte,
  workers: 2,
  workerModel: "async",
  slots: 32,
};

/** Streams 50 MiB a second. */
function armOf(
  isStreamCsv: boolean,
  delivery: "streaming" | "buffered" | "file" | null,
): CapacityFactors["arm"] {
  return {
    target: { isStreamCsv } as Target,
    delivery,
    rowsPerSecond: 50_000,
    body: { rows: 1000, bytes: mebibyte, crc32: 0 },
  };
}

const streamed = { id: "streaming", bodyBytes: 16 * mebibyte, ...armOf(true, "streaming") };
const broken = (readers: number) => ({ readers, limit: "a reader got 80 % of its rate" });
const analysis = " By analysis it is at most 64, bounded by the slots of its workers.";
for (const [what, found, sentence] of [
  ["no round", [], null],
  [
    "one round",
    [{ carried: 31, broken: broken(34) }],
    `streaming carried 31 slow readers at 1.00 MiB/s; with 34, a reader got 80 % of its rate.${analysis}`,
  ],
  [
    "three rounds with different numbers",
    [
      { carried: 31, broken: broken(34) },
      { carried: 28, broken: broken(30) },
      { carried: 40, broken: null },
    ],
    `streaming carried 28 to 40 slow readers at 1.00 MiB/s in 3 rounds; the fewest that broke a limit were 30: a reader got 80 % of its rate.${analysis}`,
  ],
  [
    "three rounds that agree, without a limit",
    Array.from({ length: 3 }, () => ({ carried: 256, broken: null })),
    `streaming carried 256 slow readers at 1.00 MiB/s in 3 rounds, the most that were tried in the time there was.${analysis}`,
  ],
] as const) {
  test(`${what} of a search ${sentence === null ? "says nothing" : "is one sentence"}`, () => {
    assert.equal(capacitySentence(streamed, found, plan), sentence);
  });
}

for (const [what, arm, changes, readers, by] of [
  ["slots of async workers", armOf(true, "streaming"), {}, 64, /slots/],
  ["speed", armOf(true, "streaming"), { slots: 1000 }, 100, /how fast rows are made/],
  ["memory", armOf(true, "buffered"), {}, 16, /memory/],
  ["slots, with a file", armOf(true, "file"), { slots: 1000 }, 2000, /slots/],
  ["sync workers", armOf(true, "streaming"), { workerModel: "sync" }, 1, /sync workers/],
  ["speed of one export of another server", armOf(false, null), {}, 50, /how fast rows are made/],
] as const) {
  test(`by analysis a server is bounded by its ${what}`, () => {
    const bound = capacityBound({ arm, plan: { ...plan, ...changes }, bodyBytes: 16 * mebibyte });
    assert.equal(bound.readers, readers);
    assert.match(bound.by, by);
  });
}
