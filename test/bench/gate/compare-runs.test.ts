import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "valibot";
import { baselineOf } from "../../../bench/gate/baseline/baseline.ts";
import { parseBudget, type Budget } from "../../../bench/gate/budget/budget.ts";
import { relativeBudget } from "./relative-budget.ts";
import { compareRuns, type RunComparison } from "../../../bench/gate/baseline/compare-runs.ts";
import { compareResults, type ComparedResults } from "../../../bench/gate/baseline/compare-results.ts";
import { comparisonText } from "../../../bench/report/comparison-text.ts";
import type { BenchResult, CheckedBody } from "../../../bench/result/result.ts";
import { resultSchema } from "../../../bench/result/schema.ts";
import { simulateResult, type SimulatedRun } from "./results.ts";

const names = { before: "old", after: "new" };
const cpu = relativeBudget("streaming.cpu_s_per_mib=5%");
const memory = relativeBudget("streaming.peak_rss_over_idle_bytes=10%");

function compare(before: SimulatedRun, after: SimulatedRun, budgets = [cpu, memory]): RunComparison {
  return compareRuns(baselineOf(simulateResult(before)), baselineOf(simulateResult(after)), budgets, names);
}

function verdictsOf({ gate }: RunComparison): Record<string, string> {
  return Object.fromEntries((gate?.judgements ?? []).map(({ name, verdict }) => [name, verdict]));
}

test("two runs of the same pass", () => {
  const compared = compare({ seed: 1 }, { seed: 2 });
  assert.equal(compared.gate?.verdict, "pass");
  assert.deepEqual(verdictsOf(compared), {
    "streaming.cpu_s_per_mib": "pass",
    "streaming.peak_rss_over_idle_bytes": "pass",
    content: "pass",
  });
  assert.deepEqual(compared.warnings, []);
});

test("without budgets nothing gates, and equal runs show no sure change", () => {
  const { gate, rows } = compare({ seed: 1 }, { seed: 2 }, []);
  assert.equal(gate, null);
  assert.ok(rows.length >= 10);
  for (const { comparison } of rows) {
    const [low, high] = comparison.ci;
    assert.equal(comparison.verdict, "informational");
    if (low !== null && high !== null) assert.ok(low <= 1 && high >= 1, comparison.metric);
  }
});

test("more CPU time and more memory are regressions on the same kind of machine", () => {
  const compared = compare({ seed: 3 }, { seed: 4, cpu: 1.12, memoryBytes: 32 * 1024 ** 2 });
  assert.equal(compared.gate?.verdict, "regression");
  assert.equal(verdictsOf(compared)["streaming.cpu_s_per_mib"], "regression");
  assert.equal(verdictsOf(compared)["streaming.peak_rss_over_idle_bytes"], "regression");
  assert.match(compared.gate.reasons[0] ?? "", /^streaming cpu_s_per_mib changed by \+1\d %/);
  const [first] = compared.rows;
  assert.equal(first?.comparison.treatment, "new: streaming");
  assert.equal(first.comparison.reason, compared.gate.reasons[0]);
  assert.equal(compared.rows[1]?.comparison.least, 8 * 1024 ** 2);
  assert.match(first.comparison.method, /unpaired.*exact one-sided rank-sum/);
});

test("a cost that rose in both deliveries is a regression on the same kind of machine", () => {
  const compared = compare({ seed: 3 }, { seed: 4, speed: 0.5 });
  assert.equal(verdictsOf(compared)["streaming.cpu_s_per_mib"], "regression");
});

test("on a machine twice as fast the ratios still pass, and seconds are not compared", () => {
  const compared = compare({ seed: 5 }, { seed: 6, speed: 2, fingerprint: "there" });
  assert.equal(compared.gate?.verdict, "pass");
  assert.match(compared.warnings[0] ?? "", /different kinds of machine/);
  const seconds = compared.rows.filter(
    ({ comparison, over }) => comparison.metric === "total_s" && over === null,
  );
  assert.deepEqual(seconds, []);
  assert.ok(
    compared.rows.some(({ comparison, over }) => comparison.metric === "total_s" && over === "buffered"),
  );
});

test("a budget that only seconds of different machines could decide is refused with a sentence", () => {
  assert.throws(
    () => compare({ seed: 5 }, { seed: 6, fingerprint: "there" }, [relativeBudget("buffered.total_s=5")]),
    /The budget for buffered\.total_s can't be judged: old and new do not both have it/,
  );
  assert.equal(
    compare({ seed: 5 }, { seed: 6 }, [relativeBudget("buffered.total_s=5")]).gate?.verdict,
    "pass",
  );
});

test("a budget for what one of the runs did not measure is refused, with what it measured", () => {
  const budgetOf = (text: string) => () => compare({ seed: 1 }, { seed: 2 }, [relativeBudget(text)]);
  assert.throws(budgetOf("streming.total_s=5%"), {
    name: "RangeError",
    message:
      /streming\.total_s can't be judged: old did not measure it\. It measured: streaming, buffered\.$/,
  });
  assert.throws(budgetOf("streaming.queue_wait_s=5%"), {
    name: "RangeError",
    message: /old did not measure it\. It measured: streaming\.total_s, streaming\.cpu_s_per_mib/,
  });
  assert.throws(() => compare({ seed: 1, rounds: 0 }, { seed: 2 }, [cpu]), {
    message: /old did not measure it\. It measured: nothing\.$/,
  });
});

/** A run whose streamed exports added this much memory, one value a round. */
function withMemory(run: SimulatedRun, bytes: readonly number[]): BenchResult {
  const result = simulateResult({ ...run, rounds: bytes.length });
  const rounds = result.rounds.map((round, index) => ({
    ...round,
    arms: {
      ...round.arms,
      streaming: { ...round.arms["streaming"], peak_rss_over_idle_bytes: bytes[index] ?? null },
    },
  }));
  return { ...result, rounds };
}

test("a round in which an export needed no memory hides no regression, and no pass", () => {
  const mebibyte = 1024 ** 2;
  const none = [0, 0, 0, 0, 0.2, 0, 0.1, 0].map((size) => size * mebibyte);
  const zeros = none.map(() => 0);
  const verdictOf = (before: readonly number[], after: readonly number[], least: number | null): string => {
    const runs = [withMemory({ seed: 1 }, before), withMemory({ seed: 2 }, after)].map(baselineOf);
    const [was, is] = runs;
    assert.ok(was !== undefined && is !== undefined);
    const { gate } = compareRuns(was, is, [{ ...memory, least }], names);
    const [judgement] = gate?.judgements ?? [];
    assert.equal(judgement?.comparison.ratio, null);
    // Without a level a regression would not be confirmed by a second batch.
    assert.ok((judgement?.comparison.level ?? 0) >= 0.95);
    return judgement?.verdict ?? "";
  };
  const much = none.map((size) => size + 100 * mebibyte);
  const givenBack = none.map((size) => size - 100 * mebibyte);
  for (const least of [memory.least, null]) {
    assert.equal(verdictOf(none, much, least), "regression");
    assert.equal(verdictOf(much, none, least), "pass");
    assert.equal(verdictOf(zeros, zeros, least), "pass");
    assert.equal(verdictOf(givenBack, givenBack, least), "pass");
  }
  // A little more than nothing is within the least change that counts.
  assert.equal(
    verdictOf(
      none,
      none.map((size) => size + mebibyte),
      memory.least,
    ),
    "pass",
  );
});

test("runs of different exports are refused", () => {
  assert.throws(
    () => compare({ seed: 1 }, { seed: 2, exportName: "wide" }),
    /old measured "orders" and new "wide"/,
  );
});

test("with other rows only metrics that do not depend on the size are compared, with a warning", () => {
  const compared = compare({ seed: 1 }, { seed: 2, rows: 700 }, [cpu]);
  assert.match(compared.warnings[0] ?? "", /old measured 500 rows and new 700/);
  assert.deepEqual([...new Set(compared.rows.map(({ comparison }) => comparison.metric))], ["cpu_s_per_mib"]);
  assert.throws(
    () => compare({ seed: 1 }, { seed: 2, rows: 700 }, [memory]),
    /peak_rss_over_idle_bytes can't be judged/,
  );
});

test("another text of the same rows is a regression", () => {
  const compared = compare({ seed: 1 }, { seed: 2, sha256: "beef" });
  assert.equal(verdictsOf(compared)["content"], "regression");
  assert.match(compared.gate?.reasons[0] ?? "", /has changed.*beef.*feed/);
});

/** A run of which it is known what each delivery gave, all rows of the export unless said otherwise. */
function checked(
  seed: number,
  rows: number,
  { cpu: more = 1, ...change }: Partial<CheckedBody> & { readonly cpu?: number } = {},
): SimulatedRun {
  const bytes = rows * 100;
  const body = { rows, columns: 4, bytes, sha256: `digest of ${rows}`, whole: true, ...change };
  const bodies = ["streaming", "buffered"].map((name) => Object.assign(structuredClone(body), { name }));
  return { seed, rows, cpu: more, bodies };
}

const size = relativeBudget("streaming.total_s=5%");

test("an export that has lost rows is a regression, and what it costs less doesn't pass", () => {
  for (const before of [checked(1, 500), checked(1, 500, { whole: false }), { seed: 1 }]) {
    const compared = compare(before, checked(2, 250, { cpu: 0.5 }), [cpu, size]);
    assert.deepEqual(verdictsOf(compared), {
      "streaming.cpu_s_per_mib": "pass",
      "streaming.total_s": "inconclusive",
      content: "regression",
    });
    assert.match(compared.gate?.reasons[0] ?? "", /^The export has lost rows: it has 250, and had 500\. /);
    assert.match(compared.gate?.reasons[1] ?? "", /can't be decided\..* has fewer rows than before/);
  }
  // What costs more although there is less of it is one of its own.
  const dearer = compare(checked(1, 500), checked(2, 250, { cpu: 2 }), [size]);
  assert.equal(verdictsOf(dearer)["streaming.total_s"], "regression");
});

test("an export that has grown passes where it costs no more, and isn't a regression where it does", () => {
  const same = compare(checked(1, 500), checked(2, 510), [cpu, memory, size]);
  assert.equal(same.gate?.verdict, "pass");
  assert.match(same.warnings[0] ?? "", /^The export has grown from 500 to 510 rows: its content /);
  const dearer = compare(checked(1, 500), checked(2, 800, { cpu: 1.5 }), [size]);
  assert.deepEqual(verdictsOf(dearer), { "streaming.total_s": "inconclusive" });
  assert.match(dearer.gate?.reasons[0] ?? "", /The export has more rows than before, which may be why\.$/);
  // The cost of a mebibyte doesn't follow from the size.
  assert.equal(compare(checked(1, 500), checked(2, 800, { cpu: 1.5 }), [cpu]).gate?.verdict, "regression");
});

test("another number of rows that was asked for isn't a loss", () => {
  const compared = compare(checked(1, 500), checked(2, 250, { whole: false }), [cpu]);
  assert.deepEqual(verdictsOf(compared), { "streaming.cpu_s_per_mib": "pass" });
  assert.match(compared.warnings[0] ?? "", /^old measured 500 rows and new 250: .* --rows makes/);
});

test("without a budget for a change an export that has lost rows is a regression beside a value, and a note alone", () => {
  const [before, after] = [checked(1, 500), checked(2, 250)];
  const byValue = results(before, after, false, [parseBudget("streaming.total_s<=60s")]).result;
  assert.equal(byValue.verdict, "regression");
  assert.match(byValue.reasons?.[0] ?? "", /^The export has lost rows: /);
  const grown = results(before, checked(2, 510), false, [parseBudget("streaming.total_s<=60s")]).result;
  assert.equal(grown.verdict, "pass");
  const { result } = results(before, after, false, []);
  assert.equal(result.verdict, "informational");
  assert.match(result.warnings.join("\n"), /^The export has lost rows: it has 250, and had 500\. /m);
});

test("an export that has lost columns is a regression, also where its bytes may change", () => {
  const compared = compare(checked(1, 500, { sha256: null }), checked(2, 520, { sha256: null, columns: 3 }), [
    cpu,
  ]);
  assert.equal(verdictsOf(compared)["content"], "regression");
  assert.match(compared.gate?.reasons[0] ?? "", /^The export has lost columns: it has 3, and had 4\. /);
});

test("the bodies of all targets are compared, not only that of the first", () => {
  const of = (seed: number, change: Partial<CheckedBody>): SimulatedRun => {
    const run = checked(seed, 500);
    return {
      ...run,
      bodies: (run.bodies ?? []).map((body, at) =>
        Object.assign(structuredClone(body), at === 1 ? change : {}),
      ),
    };
  };
  const verdicts = (change: Partial<CheckedBody>): Record<string, string> =>
    verdictsOf(compare(of(1, { sha256: "own" }), of(2, change), [cpu]));
  const equal = { "streaming.cpu_s_per_mib": "pass", "streaming.content": "pass" };
  assert.deepEqual(verdicts({ sha256: "own" }), { ...equal, "buffered.content": "pass" });
  assert.deepEqual(verdicts({ sha256: "other" }), { ...equal, "buffered.content": "regression" });
  assert.deepEqual(verdicts({ sha256: "own", rows: 499 }), { ...equal, "buffered.content": "regression" });
  const integrityOf = (change: Partial<CheckedBody>) =>
    results(of(1, { sha256: "own" }), of(2, change)).result.integrity;
  assert.deepEqual(
    [integrityOf({ sha256: "own" }).equal, integrityOf({ sha256: "other" }).equal],
    [true, null],
  );
});

test("three rounds on either side decide nothing, however clear they look", () => {
  const compared = compare({ seed: 1, rounds: 3 }, { seed: 2, rounds: 3, cpu: 2 });
  assert.equal(verdictsOf(compared)["streaming.cpu_s_per_mib"], "inconclusive");
  assert.match(compared.gate?.reasons[0] ?? "", /too few for a decision/);
});

function results(
  before: SimulatedRun,
  after: SimulatedRun,
  isStrict = false,
  budgets: readonly Budget[] = [cpu],
): ComparedResults {
  return compareResults(simulateResult(before), simulateResult(after), {
    names,
    budgets,
    isStrict,
    tool: { name: "stream-csv", version: "9.9.9" },
    createdAt: "2026-02-02T00:00:00.000Z",
  });
}

test("two budgets for the same are refused, because which of them holds would depend on their order", () => {
  for (const [first, second] of [
    ["streaming.cpu_s_per_mib=5%", "streaming.cpu_s_per_mib=50%"],
    ["streaming.total_s<=1s", "streaming.total_s<=1s"],
  ] as const) {
    const budgets = [parseBudget(first), parseBudget(second)];
    assert.throws(() => results({ seed: 3 }, { seed: 4, cpu: 1.2 }, false, budgets), {
      name: "RangeError",
      message: /^There are two budgets for streaming\.(cpu_s_per_mib|total_s<=1s): leave one out\.$/,
    });
  }
});

test("a comparison is itself a result file, with the arms and rounds of both runs", () => {
  const { result } = results({ seed: 1 }, { seed: 2, cpu: 1.2 });
  assert.deepEqual(
    parse(resultSchema, JSON.parse(JSON.stringify(result))),
    JSON.parse(JSON.stringify(result)),
  );
  assert.equal(result.verdict, "regression");
  assert.equal(result.exitCode, 2);
  assert.deepEqual(result.arms.map(({ id, role }) => [id, role]).slice(2, 4), [
    ["old: buffered-again", "control"],
    ["new: streaming", "treatment"],
  ]);
  assert.equal(result.rounds.length, 24);
  assert.equal(typeof result.rounds[23]?.arms["new: streaming"]?.["cpu_s_per_mib"], "number");
  assert.equal(result.integrity.sha256, "feed");
});

test("curves of both runs keep their arms, and their rounds lie apart", () => {
  const curve = { scenario: "export", round: 1, arm: "streaming", metric: "busy_slots", points: [] };
  const { result } = compareResults(
    { ...simulateResult({ seed: 1 }), series: [curve] },
    { ...simulateResult({ seed: 2 }), series: [curve, { ...curve, arm: "buffered" }] },
    { names, budgets: [], isStrict: false, tool: { name: "a", version: "1" }, createdAt: "2026-02-02" },
  );
  assert.deepEqual(
    result.series?.map(({ arm, round }) => [arm, round]),
    [
      ["old: streaming", 1],
      ["new: streaming", 13],
      ["new: buffered", 13],
    ],
  );
});

test("a budget that can't be decided exits with 3 only in a strict run", () => {
  const [before, after] = [
    { seed: 1, rounds: 2 },
    { seed: 2, rounds: 2 },
  ];
  assert.equal(results(before, after).result.exitCode, 0);
  assert.equal(results(before, after, true).result.exitCode, 3);
});

test("a budget for a value that the later run has not measured is refused, with what it has", () => {
  const judge = (text: string): ComparedResults =>
    compareResults(simulateResult({ seed: 1 }), simulateResult({ seed: 2 }), {
      names,
      budgets: [parseBudget(text)],
      isStrict: false,
      tool: { name: "a", version: "1" },
      createdAt: "2026-02-02",
    });
  assert.equal(judge("streaming.total_s<=10s").result.verdict, "pass");
  assert.throws(() => judge("streming.total_s<=1ms"), {
    name: "RangeError",
    message: /^The budget for streming\.total_s<=1ms .*: new did not .* measured: streaming, buffered/,
  });
  assert.throws(() => judge("streaming.queue_wait_s<=1ms"), {
    name: "RangeError",
    message: /queue_wait_s<=1ms .* measured: streaming\.total_s, streaming\.cpu_s_per_mib/,
  });
});

test("four rounds against four make nothing sure among many comparisons", () => {
  const { rows } = compare({ seed: 1, rounds: 4 }, { seed: 2, rounds: 4, cpu: 3 }, []);
  assert.deepEqual(
    rows.filter(({ isSure }) => isSure),
    [],
  );
  assert.ok(compare({ seed: 1 }, { seed: 2, cpu: 3 }, []).rows.some(({ isSure }) => isSure));
});

test("the text shows what has a budget and what surely changed, and counts the rest", () => {
  const { view } = results({ seed: 1 }, { seed: 2, cpu: 1.2 });
  const text = comparisonText(view, { hasColor: false });
  assert.match(text, /^new compared with old\n/);
  assert.match(text, /^streaming  CPU per MiB +\S+ ms\/MiB +\S+ ms\/MiB +1\.20× \(.*\)  regression$/m);
  assert.match(text, /^streaming  total {8} +1\.\d+ s +1\.\d+ s /m);
  assert.doesNotMatch(text, /peak memory/);
  assert.match(text, /\d+ more comparisons show no sure change/);
  assert.match(text, /Budgets\n• streaming cpu_s_per_mib changed by \+\d+ %/);
  assert.match(text, /Verdict: regression\n$/);
  assert.ok(!text.includes("\u001b"));
  assert.ok(comparisonText(view, { hasColor: true }).includes("\u001b"));
});
