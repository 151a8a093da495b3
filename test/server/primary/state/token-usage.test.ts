import assert from "node:assert/strict";
import { test } from "node:test";
import { TokenUsage } from "../../../../src/server/primary/state/token-usage.ts";

const minute = 60_000;
const limited = { code: "SCSV_TOKEN_LIMIT" };

test("however many holders there were, slots that are held and starts that count are remembered", () => {
  let nowMs = 0;
  const usage = new TokenUsage({ nowMs: () => nowMs, wallMs: () => nowMs });
  const holder = { slots: 1, rate: null };
  const started = { slots: null, rate: { count: 1, periodMs: minute } };
  usage.take(1, { token: "holds", ...holder });
  usage.take(1, { token: "started", ...started });
  nowMs = minute / 2;
  for (let each = 0; each < 5000; each += 1) {
    usage.take(1, { token: `jwt:${each}`, ...holder });
    usage.giveBack(1, `jwt:${each}`, 1);
  }
  assert.throws(() => usage.take(2, { token: "holds", ...holder }), limited);
  assert.throws(() => usage.take(2, { token: "started", ...started }), limited);
  nowMs = minute;
  usage.take(2, { token: "started", ...started });
  usage.giveBack(1, "holds", 1);
  usage.take(2, { token: "holds", ...holder });
});

test("a start that didn't come about is taken back, and no other one", () => {
  let nowMs = 0;
  const usage = new TokenUsage({ nowMs: () => nowMs, wallMs: () => nowMs });
  const wish = { token: "two", slots: 2, rate: { count: 2, periodMs: minute } };
  const given = usage.take(1, wish);
  nowMs = minute / 2;
  usage.take(1, wish);
  usage.giveUp(1, "two", given);
  const again = usage.take(2, wish);
  assert.equal(again, minute / 2);
  usage.giveBack(1, "two", 1);
  assert.throws(() => usage.take(1, wish), limited);
  nowMs = minute;
  // Only the first one of them would no longer count by now.
  assert.throws(() => usage.take(1, wish), limited);
});
