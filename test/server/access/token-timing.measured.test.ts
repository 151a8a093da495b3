import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Agent, get } from "node:http";
import { test } from "node:test";
import { seededRandom, shuffled } from "../../../bench/statistics/random.ts";
import { digestOf, TokenBook } from "../../../src/server/access/token-book.ts";
import { bearer, startGuarded, token } from "../../harness/access-server.ts";
import { inOneOfThree } from "../../harness/attempts.ts";

/** How many letters at the beginning of a wrong token are right. */
const rightLetters = [0, 8, 21, 42];
const random = seededRandom(1);

const right = randomBytes(32).toString("base64url");

/** A wrong token of the same length, in memory of its own as one from a request is. */
function wrongToken(count: number): string {
  const other = Array.from(right, (letter, place) => (place < count ? letter : letter === "A" ? "B" : "A"));
  return Buffer.from(other.join("")).toString("latin1");
}

/**
 * How probably a time of one sample is longer than one of the other: 0.5 where they don't differ (the statistic of Mann and
 * Whitney, divided by the number of pairs).
 */
function longerProbability(one: readonly number[], other: readonly number[]): number {
  const all = [
    ...one.map((value) => ({ value, isOne: true })),
    ...other.map((value) => ({ value, isOne: false })),
  ].toSorted((left, right_) => left.value - right_.value);
  let rankSum = 0;
  for (let start = 0; start < all.length;) {
    let end = start;
    while (end < all.length && all[end]?.value === all[start]?.value) end += 1;
    // Equal values share the mean of their ranks.
    const rank = (start + 1 + end) / 2;
    for (; start < end; start += 1) if (all[start]?.isOne === true) rankSum += rank;
  }
  return (rankSum - (one.length * (one.length + 1)) / 2) / (one.length * other.length);
}

/** Takes times of each wrong token in a random order, so that what the machine does meanwhile meets all alike. */
async function timesOf(
  samples: number,
  measure: (wrong: string) => number | Promise<number>,
): Promise<ReadonlyMap<number, readonly number[]>> {
  const tokens = rightLetters.map((count) => ({ count, wrong: wrongToken(count) }));
  const times = new Map(rightLetters.map((count): [number, number[]] => [count, []]));
  for (let turn = 0; turn < samples; turn += 1)
    for (const { count, wrong } of shuffled(tokens, random)) times.get(count)?.push(await measure(wrong));
  return times;
}

/** By how much the probability for a token that is partly right is away from 0.5, at the most. */
function largestDifference(times: ReadonlyMap<number, readonly number[]>): number {
  const [none = [], ...others] = times.values();
  return Math.max(...others.map((other) => Math.abs(longerProbability(other, none) - 0.5)));
}

/** Microseconds that a batch of calls takes. */
function batchTime(calls: number, call: () => unknown): number {
  const startedAt = process.hrtime.bigint();
  for (let turn = 0; turn < calls; turn += 1) call();
  return Number(process.hrtime.bigint() - startedAt) / 1000;
}

/** With 2000 samples of each, chance alone goes beyond this less than once in a million times. */
const bound = 0.05;

test("how long a wrong token is looked for doesn't depend on how much of it is right", async () => {
  const sha256 = digestOf(right).toString("hex");
  const book = new TokenBook([
    { name: "right", sha256 },
    { name: "other", sha256: digestOf("other").toString("hex") },
  ]);
  await inOneOfThree(async () => {
    const times = await timesOf(2000, (wrong) => batchTime(50, () => book.find(wrong, 0)));
    const difference = largestDifference(times);
    assert.ok(difference < bound, `a probability of 0.5 ± ${difference}`);
  });
});

test("the same test finds a comparison that stops at the first wrong letter", async () => {
  let equal = 0;
  const leak = (wrong: string): void => {
    digestOf(wrong);
    let place = 0;
    while (place < right.length && right.charCodeAt(place) === wrong.charCodeAt(place)) place += 1;
    if (place === right.length) equal += 1;
  };
  await inOneOfThree(async () => {
    const times = await timesOf(2000, (wrong) => batchTime(50, () => leak(wrong)));
    const difference = largestDifference(times);
    assert.ok(difference > bound, `a probability of 0.5 ± ${difference}`);
  });
  assert.equal(equal, 0);
});

test("how long a server takes for its 401 doesn't depend on it either", async () => {
  await using server = await startGuarded([token(right), token("other")]);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (wrong: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const startedAt = process.hrtime.bigint();
      get(`${server.url}/exports/orders.csv`, { agent, ...bearer(wrong) }, (answer) => {
        assert.equal(answer.statusCode, 401);
        answer.resume().once("end", () => resolve(Number(process.hrtime.bigint() - startedAt) / 1000));
      }).once("error", reject);
    });
  try {
    await inOneOfThree(async () => {
      const difference = largestDifference(await timesOf(2000, ask));
      assert.ok(difference < bound, `a probability of 0.5 ± ${difference}`);
    });
  } finally {
    agent.destroy();
  }
});
