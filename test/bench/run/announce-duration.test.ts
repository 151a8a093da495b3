import assert from "node:assert/strict";
import { test } from "node:test";
import { announceDuration } from "../../../bench/run/announce-duration.ts";
import { planRun } from "../../../bench/run/plan-run.ts";
import { resolveConfig } from "../../../bench/run/resolve-config.ts";
import { scenarios } from "../../../bench/run/scenarios.ts";
import type { Target } from "../../../bench/subject/target.ts";
import { systemClock } from "../../../src/ground.ts";

const never = { canRunTwice: true, start: () => Promise.reject(new Error("It isn't to be started.")) };

/** A run of so many servers, each of which gives an export in this time. */
interface Foreseen {
  readonly names: readonly string[];
  readonly exportSeconds?: number;
  readonly targets?: number;
  readonly isQuick?: boolean;
  readonly isOurs?: boolean;
}

/** What is said before the first round; undefined when nothing is. */
function noticeOf({
  names,
  exportSeconds = 0.2,
  targets = 1,
  isQuick = true,
  isOurs = false,
}: Foreseen): string | undefined {
  const commands = Array.from({ length: targets }, (_, index) => ({
    name: `t${index}`,
    command: "serve {port}",
  }));
  const settings = resolveConfig({
    seed: 1,
    isQuick,
    scenarios: names,
    ...(isOurs ? { deliveries: ["streaming"] } : { targets: commands }),
  });
  const subjects = (isOurs ? [{ name: "stream-csv" }] : commands).map(({ name }) => {
    const target: Target = {
      ...never,
      name,
      command: "serve",
      url: null,
      isStreamCsv: isOurs,
      takesRows: true,
    };
    return { target, deliveries: isOurs ? (["streaming"] as const) : [null], control: null };
  });
  const body = { rows: 1000, bytes: 110_000, crc32: 0 };
  const facts = { body, exportSeconds, rowsPerSecond: 1e6, availableRows: null, promisesRows: true };
  const plan = planRun(settings, subjects, {
    session: { exportName: "orders", clock: systemClock, signal: new AbortController().signal },
    rows: 1000,
    startedMs: 0,
    facts: new Map(subjects.map(({ target }) => [target, facts])),
    integrity: { bytes: 110_000, rows: 1000, sha256: null, equal: true },
    checks: [],
    faults: [],
    notes: [],
  });
  const notices: string[] = [];
  const chosen = scenarios.filter(({ name }) => names.includes(name));
  assert.equal(chosen.length, names.length);
  announceDuration({ settings, hooks: { onNotice: (text) => notices.push(text) } }, plan, chosen);
  assert.ok(notices.length < 2);
  return notices[0];
}

test("a quick run that fits says nothing", () => {
  assert.equal(noticeOf({ names: ["export"] }), undefined);
  assert.equal(noticeOf({ names: ["export", "scaling", "slow-readers"] }), undefined);
  assert.equal(noticeOf({ names: ["capacity"] }), undefined);
});

test("exports that take too long for a quick run are announced with a smaller one", () => {
  assert.equal(
    noticeOf({ names: ["export"], exportSeconds: 8 }),
    "This run will take about 89 s, longer than --quick promises: one export of t0 takes 8.0 s. --rows 100 makes its exports a tenth as long.",
  );
});

const capacityTakes = "capacity takes about 45 s, however short an export is.";

test("the search of capacity counts in a quick run, beside exports of a target as of our own server", () => {
  for (const isOurs of [false, true]) {
    const notice = noticeOf({ names: ["export", "capacity"], isOurs });
    assert.match(notice ?? "", /^This run will take about 5\d s, longer than --quick promises: /);
    assert.ok(notice?.endsWith(`${capacityTakes} --scenario capacity measures it alone.`), notice);
  }
});

test("many targets share the time of capacity until each has its least, which is announced", () => {
  assert.match(
    noticeOf({ names: ["capacity"], targets: 8 }) ?? "",
    /^This run will take about \d+ (s|min), .*: capacity takes about 80 s, however short an export is\. Fewer targets/,
  );
});

test("a whole run with capacity says how long it takes, also of our own server", () => {
  for (const isOurs of [false, true]) {
    assert.equal(
      noticeOf({ names: ["capacity"], isQuick: false, isOurs }),
      "This run will take about 3 min: capacity takes about 3 min, however short an export is. --quick makes it shorter.",
    );
  }
  assert.equal(noticeOf({ names: ["export"], isQuick: false, isOurs: true, exportSeconds: 100 }), undefined);
});
