import assert from "node:assert/strict";
import { test } from "node:test";
import { recordRound } from "../../../bench/scenario/record-round.ts";
import type { ScenarioContext } from "../../../bench/scenario/scenario.ts";
import type { Measured } from "../../../bench/result/metric.ts";
import type { RunningTarget, Target } from "../../../bench/subject/target.ts";
import { RunRecord } from "../../../bench/session/run-record.ts";
import { systemClock } from "../../../src/ground.ts";

/** A target without a process: what is tested is what becomes of a round, not of a server. */
function idleTarget(stopped: string[], name: string, canRunTwice = true): Target {
  const running: RunningTarget = {
    origin: "http://127.0.0.1",
    pid: null,
    exportUrl: () => new URL("http://127.0.0.1/"),
    pingUrl: null,
    statsUrl: null,
    lastWords: () => "",
    stop: async () => void stopped.push(name),
  };
  return {
    name,
    command: null,
    url: null,
    isStreamCsv: false,
    takesRows: true,
    canRunTwice,
    start: () => Promise.resolve(running),
  };
}

function newContext(): Pick<ScenarioContext, "session" | "record"> {
  const signal = new AbortController().signal;
  return { session: { exportName: "orders", clock: systemClock, signal }, record: new RunRecord() };
}

/** Three items, of which the middle one's target can't run beside others. */
function itemsBesideOneAlone(stopped: string[]) {
  return ["one", "alone", "other"].map((id) => ({
    id,
    target: idleTarget(stopped, id, id !== "alone"),
    rows: 1,
  }));
}

test("a round that can't be trusted is kept with its reason and does not count; the next has a number of its own", async () => {
  const stopped: string[] = [];
  const target = idleTarget(stopped, "here");
  const context = newContext();
  const items = ["one", "other"].map((id) => ({ id, target, rows: 1 }));
  const measure = () => Promise.resolve({ total_s: 1 });
  const seen: string[][] = [];
  const fault = await recordRound(context, "export", items, measure, {
    findFault(arms) {
      seen.push(Object.keys(arms));
      return Promise.resolve("12 % of the CPU time went to other guests of the host.");
    },
  });
  assert.match(fault ?? "", /^12 %/);
  assert.equal(await recordRound(context, "export", items, measure), null);
  assert.deepEqual(seen, [["one", "other"]]);
  assert.deepEqual(
    context.record.rounds.map(({ index, valid, reason }) => [index, valid, reason]),
    [
      [0, false, "12 % of the CPU time went to other guests of the host."],
      [1, true, undefined],
    ],
  );
  assert.equal(stopped.length, 4);
});

test("an arm may have a name that every object has", async () => {
  const context = newContext();
  const items = ["toString", "valueOf"].map((id) => ({ id, target: idleTarget([], id), rows: 1 }));
  const together = {
    groupOf: () => "all",
    measure: () => Promise.resolve({ toString: { cpu_s_per_mib: 2 }, valueOf: { cpu_s_per_mib: 3 } }),
  };
  const measure = () => Promise.resolve({ total_s: 1 });
  assert.equal(await recordRound(context, "export", items, measure, { turns: 2, together }), null);
  const [round] = context.record.rounds;
  assert.deepEqual(Object.entries(round?.arms ?? {}), [
    ["toString", { total_s: 1, cpu_s_per_mib: 2 }],
    ["valueOf", { total_s: 1, cpu_s_per_mib: 3 }],
  ]);
});

test("with several turns the arms take them back and forth, on one server each; a target that runs once takes all at its place", async () => {
  const stopped: string[] = [];
  const context = newContext();
  const items = itemsBesideOneAlone(stopped);
  const seen: string[] = [];
  const measure = ({ id }: { readonly id: string }) => {
    const turn = seen.filter((name) => name === id).length;
    seen.push(id);
    return Promise.resolve({
      cpu_s_per_mib: turn,
      peak_rss_over_idle_bytes: 10 - turn,
      gc_s_per_export: null,
    });
  };
  await recordRound(context, "export", items, measure, { turns: 3 });
  assert.deepEqual(seen, ["one", "alone", "alone", "alone", "other", "other", "one", "one", "other"]);
  assert.deepEqual(stopped.toSorted(), ["alone", "one", "other"]);
  const [round] = context.record.rounds;
  assert.deepEqual(round?.order, ["one", "alone", "other"]);
  for (const { id } of items)
    assert.deepEqual(round.arms[id], {
      cpu_s_per_mib: 1,
      peak_rss_over_idle_bytes: 10,
      gc_s_per_export: null,
    });
});

test("after their turns all arms that run side by side are measured at once, for costs and the maximum of peaks", async () => {
  const stopped: string[] = [];
  const context = newContext();
  const items = itemsBesideOneAlone(stopped);
  const alone = { total_s: 1, cpu_s_per_mib: 1, peak_rss_over_idle_bytes: 10 };
  let isAnyTurnLeft = true;
  await recordRound(
    context,
    "export",
    items,
    ({ id }) => {
      isAnyTurnLeft = id !== "other";
      return Promise.resolve(alone);
    },
    {
      together: {
        groupOf: () => "all",
        measure(served) {
          assert.equal(isAnyTurnLeft, false);
          assert.deepEqual(
            served.map(({ item }) => item.id),
            ["one", "other"],
          );
          assert.deepEqual(stopped, ["alone"]);
          return Promise.resolve({
            one: { cpu_s_per_mib: 3, peak_rss_over_idle_bytes: 9 },
            other: { cpu_s_per_mib: null, peak_rss_over_idle_bytes: 11 },
          });
        },
      },
    },
  );
  assert.deepEqual(context.record.rounds[0]?.arms, {
    one: { ...alone, cpu_s_per_mib: 3 },
    alone,
    other: { ...alone, cpu_s_per_mib: null, peak_rss_over_idle_bytes: 11 },
  });
});

test("runs only those of many servers at once that are compared with each other, else one at a time", async () => {
  const names = ["a1", "b1", "c1", "a2", "b2", "c2"];
  let running: string[] = [];
  let most = 0;
  const items = names.map((id) => {
    const target = idleTarget([], id);
    const start: Target["start"] = async (signal, rows) => {
      running.push(id);
      most = Math.max(most, running.length);
      const server = await target.start(signal, rows);
      return { ...server, stop: async () => void (running = running.filter((name) => name !== id)) };
    };
    return { id, target: { ...target, start }, rows: 1 };
  });
  const context = newContext();
  const together: string[] = [];
  const measure = (): Promise<Measured> => Promise.resolve({ total_s: 1 });
  await recordRound(context, "export", items, measure, {
    together: {
      groupOf: ({ id }) => id.slice(0, 1),
      measure(started) {
        together.push(started.map(({ item }) => item.id).join());
        assert.deepEqual(running, together.at(-1)?.split(","));
        return Promise.resolve({});
      },
    },
  });
  assert.deepEqual([together, most], [["a1,a2", "b1,b2", "c1,c2"], 2]);
  assert.deepEqual(context.record.rounds[0]?.order, ["a1", "a2", "b1", "b2", "c1", "c2"]);
  most = 0;
  await recordRound(context, "export", items, measure);
  assert.equal(most, 1);
  assert.deepEqual(context.record.rounds[1]?.order, names);
  await recordRound(context, "export", items.slice(0, 4), measure);
  assert.equal(most, 4);
});
