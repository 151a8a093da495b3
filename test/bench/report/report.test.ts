import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import { metrics } from "../../../bench/result/metric.ts";
import { resultFormat } from "../../../bench/result/result.ts";
import { buildReport } from "../../../bench/report/build-report.ts";
import { renderReport } from "../../../bench/report/renderers.ts";
import { terminalReport } from "../../../bench/report/terminal/terminal.ts";
import type { BenchResult } from "../../../bench/index.ts";
import type { Measured } from "../../../bench/result/metric.ts";
import { factorText, percentText, quantityText, significant } from "../../../bench/report/number-text.ts";
import { ratioText } from "../../../bench/report/shown-cell.ts";
import { fixtureResult } from "./results.ts";
import { compareArms } from "../../../bench/gate/judge/compare-arms.ts";

const mebibyte = 1024 ** 2;

function arm(scale: number, firstByte: number, peak: number): Measured {
  return {
    first_byte_s: firstByte,
    total_s: 0.8 * scale,
    longest_stall_s: 0.01,
    throughput_bytes_per_s: 40e6 / scale,
    rows_per_s: 360_000 / scale,
    peak_rss_over_idle_bytes: peak,
    held_s_per_export: 0.8 * scale,
    loop_s_per_export: 0.7 * scale,
    cpu_s_per_export: 0.75 * scale,
  };
}

/** Eight rounds in which streaming is early and lean, and a file cheap. */
function exampleResult(): BenchResult {
  const rounds = Array.from({ length: 8 }, (_, index) => {
    const drift = 1 + index / 100;
    return {
      scenario: "export",
      index,
      order: ["streaming", "buffered", "file", "buffered-again"],
      valid: true,
      arms: {
        streaming: arm(1.02 * drift, 0.004, 9 * mebibyte),
        buffered: arm(1, 0.79, 70 * mebibyte),
        file: arm(0.03, 0.0011, mebibyte / 2),
        "buffered-again": arm(1.001 * (index % 2 === 0 ? 0.99 : 1.01), 0.79, 70 * mebibyte),
      },
    };
  });
  const neighbors = { scenario: "export", index: 8, order: [], valid: true, arms: neighborArms };
  const scaling = { scenario: "scaling", index: 0, order: [], valid: true, arms: scalingArms };
  const allRounds = [...rounds, neighbors, scaling];
  const arms = [...exportArms, ...scalingArmList];
  return {
    schema: resultFormat,
    tool: { name: "stream-csv", version: "1.0.0" },
    createdAt: "2026-01-01T00:00:00.000Z",
    seed: 1,
    environment: {
      node: "v22.0.0",
      os: "linux 6.1 x64",
      cpuModel: "An Ordinary Processor",
      cores: 2,
      memoryLimitBytes: 8 * 1024 ** 3,
      gitSha: null,
      fingerprint: "0123456789abcdef",
    },
    config: { exportName: "orders", workers: 1, slots: 32 },
    arms,
    rounds: allRounds,
    metrics: metrics.map(({ id, unit, better, gate }) => ({ id, unit, better, gate })),
    comparisons: compareArms("export", arms, allRounds),
    checks: [],
    integrity: { bytes: 32_000_000, rows: 290_000, sha256: "00", equal: true },
    warnings: ["The reader itself was busy."],
    verdict: "informational",
    exitCode: 0,
    complete: true,
  };
}

const exportArms = ["streaming", "buffered", "file", "buffered-again"].map((id) => ({
  id,
  scenario: "export",
  role:
    id === "buffered"
      ? ("control" as const)
      : id === "buffered-again"
        ? ("aa" as const)
        : ("treatment" as const),
  delivery: id === "buffered-again" ? "buffered" : id,
}));

const neighborArms = {
  streaming: { ping_kept_ratio: 0.4, ping_lost_per_export: 1200 },
  buffered: { ping_kept_ratio: 0.02, ping_lost_per_export: 5100 },
  file: { ping_kept_ratio: 0.6, ping_lost_per_export: 80 },
};

const scalingArms: Record<string, Measured> = {
  "streaming-100000": { rows: 100_000, peak_rss_over_idle_bytes: 9 * mebibyte },
  "streaming-5000000": { rows: 5_000_000, peak_rss_over_idle_bytes: 10 * mebibyte },
  "buffered-100000": { rows: 100_000, peak_rss_over_idle_bytes: 24 * mebibyte },
  "buffered-200000": { rows: 200_000, peak_rss_over_idle_bytes: 47 * mebibyte },
  "buffered-400000": { rows: 400_000, peak_rss_over_idle_bytes: 94 * mebibyte },
};
const scalingArmList = Object.keys(scalingArms).map((id) => ({
  id,
  scenario: "scaling",
  role: id.startsWith("buffered") ? ("control" as const) : ("treatment" as const),
  delivery: id.split("-")[0] ?? "",
}));

/** A text without its line breaks, which depend on the width. */
function oneLined(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

test("the report fits eighty columns and has no control characters without colour", () => {
  const text = terminalReport(exampleResult(), { hasColor: false });
  assert.equal(text, stripVTControlCharacters(text));
  for (const line of text.split("\n")) assert.ok(line.length <= 80, `${line.length}: ${line}`);
});

test("colour changes nothing but colour", () => {
  const colored = terminalReport(exampleResult(), { hasColor: true });
  assert.notEqual(colored, stripVTControlCharacters(colored));
  assert.equal(stripVTControlCharacters(colored), terminalReport(exampleResult(), { hasColor: false }));
});

test("the report shows per delivery what an export costs, and the ratio to buffered with its interval", () => {
  const lines = terminalReport(exampleResult(), { hasColor: false, columns: 120 }).split("\n");
  const cells = (label: string): readonly string[] =>
    (lines.find((line) => line.startsWith(`${label}  `)) ?? "").split(/ {2,}/);
  assert.deepEqual(cells("first byte"), [
    "first byte",
    "4.00 ms",
    "790 ms",
    "1.10 ms",
    "1/198× (1/198–1/198)",
    "1/718× (1/718–1/718)",
  ]);
  assert.deepEqual(cells("peak memory over idle").slice(0, 4), [
    "peak memory over idle",
    "9.00 MiB",
    "70.0 MiB",
    "512 KiB",
  ]);
  // One sample of it is no number to show.
  assert.deepEqual(cells("short requests kept"), [""]);
  assert.deepEqual(cells("5,000,000"), ["5,000,000", "10.0 MiB", "–"]);
});

test("the report says in sentences what the numbers mean and which delivery to choose", () => {
  const text = oneLined(terminalReport(exampleResult(), { hasColor: false }));
  for (const sentence of [
    "Choose streaming when the rows differ each time: compared with buffered, time to the first byte 1/198× (1/198–1/198), total time 1.06× (1.03–1.08), peak memory 0.129× (0.129–0.129), and CPU time 1.06× (1.03–1.08).",
    "Choose file when clients ask for the same rows more than once: compared with buffered, time to the first byte 1/718×",
    "Measured in one round: each further row changed peak memory by +0.21 bytes with streaming (from 100,000 to 5,000,000 rows) and +240 bytes with buffered (from 100,000 to 400,000 rows).",
    "buffered-again repeats buffered: between these equal arms, total time differs by 1.00× (0.991–1.01).",
    "The reader itself was busy.",
  ]) {
    assert.ok(text.includes(sentence), sentence);
  }
});

for (const [columns, parts] of [
  [60, 3],
  [80, 2],
  [120, 1],
] as const) {
  test(`the report keeps within a terminal of ${columns} columns, a table in ${parts} parts`, () => {
    const lines = terminalReport(exampleResult(), { hasColor: false, columns }).split("\n");
    for (const line of lines) assert.ok(line.length <= columns, `${line.length}: ${line}`);
    assert.equal(lines.filter((line) => line.startsWith("first byte ")).length, parts);
  });
}

for (const columns of [40, 60, 80]) {
  test(`every line of every report keeps within ${columns} columns, whatever its names`, async () => {
    for (const name of [
      "explaining",
      "regression",
      "inconclusive",
      "pass",
      "invalid",
      "interrupted",
      "hostile",
    ]) {
      const text = terminalReport(fixtureResult(name), { hasColor: false, columns });
      for (const line of text.split("\n")) assert.ok(stringWidth(line) <= columns, `${name}: ${line}`);
    }
  });
}

test("a table that is too wide for two columns has its values below each other", () => {
  const text = terminalReport(fixtureResult("regression"), { hasColor: false, columns: 40 });
  assert.match(
    text,
    /^CPU per MiB\n {2}verdict: regression\n {2}ratio: 1\.12× \(1\.11–1\.13\)\n {2}budget: 5 %\n/m,
  );
});

test("a report has at most six sentences of meaning, and says nothing twice", () => {
  const targets = ["a", "b", "c", "d", "e", "f", "g"];
  const example = exampleResult();
  const arms = [...exportArms, ...targets.map((id) => ({ ...exportArms[0]!, id, delivery: id }))];
  const rounds = example.rounds.map((round) => {
    const own = round.arms["streaming"];
    const more = own === undefined ? {} : Object.fromEntries(targets.map((id) => [id, own]));
    return round.scenario === "export" ? { ...round, arms: { ...round.arms, ...more } } : round;
  });
  const warnings = ["a is slow.", "b is slow.", "a is slow.", "Nothing else runs."];
  const many = { ...example, arms, rounds, warnings, comparisons: compareArms("export", arms, rounds) };
  const text = terminalReport(many, { hasColor: false, columns: 200 });
  assert.equal(text.match(/^• /gm)?.length, 6);
  assert.match(text, /^Notes\n¹ a is slow\. The same holds for b\.\n² Nothing else runs\.$/m);
});

test("a report begins with three numbers and the verdict, and ends with the verdict", () => {
  const lines = terminalReport(exampleResult(), { hasColor: false }).trim().split("\n");
  const places = [
    "first byte: ",
    "peak memory over idle: ",
    "event loop busy: ",
    "Informational: ",
    "What it means",
  ].map((start) => lines.findIndex((line) => line.startsWith(start)));
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
  assert.ok((places[0] ?? -1) > 0);
  assert.match(lines.at(places[0] ?? 0) ?? "", /streaming 4\.00 ms, 1\/198× \(.*\) of buffered$/);
  assert.match(lines.at((places[0] ?? 0) + 2) ?? "", /^ {2}buffered +790 ms █{40}$/);
  assert.equal(lines.at(-1), "Verdict: informational");
});

test("numbers that can't be trusted aren't what a report begins with", () => {
  const text = terminalReport({ ...exampleResult(), verdict: "invalid", exitCode: 4 }, { hasColor: false });
  assert.doesNotMatch(text, /█/);
});

test("what analysis expects stands below what was measured, and the client's rate decides the advice", () => {
  const example = exampleResult();
  const id = "export.streaming.held_s_per_export";
  const checks = [{ id, expected: 0.7, observed: 0.816, tolerance: 0.1, ok: false }];
  const config = { ...example.config, readBytesPerSecond: mebibyte };
  const text = terminalReport({ ...example, checks, config }, { hasColor: false, columns: 1000 });
  assert.match(text, /^slot held .*\n… by analysis +700 ms/m);
  assert.match(
    text,
    /a client that reads at 1\.05 MB\/s holds a slot for 290,000 rows for about streaming [\d.]+ s \([\d.]+ s–[\d.]+ s\), .*The delivery hardly changes this time/,
  );
});

test("from one round a report says what was measured and draws no conclusion", () => {
  const example = exampleResult();
  const slow = (failed: number): Measured => ({
    slots_held: 8,
    bytes_per_concurrent_export: mebibyte,
    readers_served: 7,
    ping_failed_ratio: failed,
  });
  const slowArms = exportArms.map(({ id, role, delivery }) => ({
    id,
    role,
    delivery,
    scenario: "slow-readers",
  }));
  const arms = [...exportArms, ...slowArms];
  const one = { scenario: "slow-readers", index: 0, order: [], valid: true };
  const config = { ...example.config, readBytesPerSecond: mebibyte, readers: 8 };
  const textOf = (exports: BenchResult["rounds"], slowRounds: number): string => {
    const slowOnes = Array.from({ length: slowRounds }, (_, index) => ({
      ...one,
      index,
      arms: { streaming: slow(0.03 + index / 100), buffered: slow(0) },
    }));
    const rounds = [...exports, ...slowOnes];
    return oneLined(
      terminalReport({ ...example, arms, rounds, comparisons: [], config }, { hasColor: false }),
    );
  };
  const text = textOf(example.rounds.slice(0, 1), 1);
  assert.doesNotMatch(text, /hardly changes|frees the slot|stays constant|O\(1\)|Choose/);
  for (const sentence of [
    "holds a slot for 290,000 rows for about streaming 26.5 s, buffered 27.3 s, file 26.5 s.",
    "Measured in one round: clients that read slowly held a slot of every arm as long as they were watched and took this much memory each: streaming 1.00 MiB, buffered 1.00 MiB.",
    "Measured in one round: streaming served 7 of 8 slow readers at once; the others waited.",
    "Measured in one round: streaming left 3.0 % of its short requests unanswered while slow readers read.",
  ]) {
    assert.ok(text.includes(sentence), `${sentence}\n${text}`);
  }
  assert.match(
    textOf(example.rounds.slice(0, 8), 4),
    /Measured in 4 rounds, with intervals of at least 87\.5 % confidence: streaming left 4\.5 % \(3\.0 %–6\.0 %\) of its short requests/,
  );
});

test("clients that wait are counted with the digits that analysis has", () => {
  const arms = [
    { id: "streaming-3-clients", scenario: "sync-workers", role: "treatment", delivery: "streaming" },
  ] as const;
  const measured = { waiting_clients: 1.42, utilisation_ratio: 0.98 };
  const rounds = [
    { scenario: "sync-workers", index: 0, order: [], valid: true, arms: { "streaming-3-clients": measured } },
  ];
  const id = "sync-workers.streaming-3-clients.waiting_clients";
  const checks = [{ id, expected: 1, observed: 1.42, tolerance: 0.1, ok: false }];
  const text = terminalReport({ ...exampleResult(), arms, rounds, checks }, { hasColor: false });
  assert.match(text, /^streaming 3 clients .* 1\.4 \(1\.0\)/m);
});

/** The same rounds, in which the two equal arms lie farther apart than anything else. */
function noisyResult(): BenchResult {
  const result = exampleResult();
  const rounds = result.rounds.map((round) =>
    round.scenario === "export" && round.arms["buffered-again"] !== undefined
      ? {
          ...round,
          arms: {
            ...round.arms,
            "buffered-again": arm(round.index % 2 === 0 ? 0.2 : 5, 0.001, 1000 * mebibyte),
          },
        }
      : round,
  );
  return { ...result, rounds, comparisons: compareArms("export", result.arms, rounds) };
}

test("no sentence rests on a difference smaller than that of two equal arms", () => {
  const text = oneLined(terminalReport(noisyResult(), { hasColor: false }));
  assert.match(
    text,
    /streaming compared with buffered: no difference beyond the noise of this run in time to the first byte, total time, peak memory, and CPU time\./,
  );
  assert.doesNotMatch(text, /Choose streaming/);
});

test("what short requests lose is said with its range, from four rounds on, and never above all of them", () => {
  const result = exampleResult();
  const neighbors = [0.4, 0.5, 1.2, 1.3].map((kept, index) => ({
    scenario: "export",
    index: 9 + index,
    order: [],
    valid: true,
    arms: { streaming: { ping_kept_ratio: kept, ping_lost_per_export: (1 - kept) * 1000 } },
  }));
  const textOf = (rounds: BenchResult["rounds"]): string =>
    oneLined(terminalReport({ ...result, rounds }, { hasColor: false }));
  assert.doesNotMatch(textOf(result.rounds), /short requests/);
  const text = textOf([...result.rounds.slice(0, 8), ...neighbors]);
  assert.match(
    text,
    /this share of its usual short requests \(medians of 4 rounds, with intervals of at least 87\.5 % confidence\): streaming 85 % \(40 %–100 %\)\./,
  );
  assert.match(text, /short requests kept +85 % \(40 %–100 %\) /);
  assert.match(text, /short requests lost +150 \(0–600\) /);
  assert.match(
    text,
    /Medians of 8 rounds\. Short requests kept and short requests lost are medians of 4 rounds, with intervals of at least 87\.5 % confidence in brackets\./,
  );
});

test("no format for people shows more than all short requests, or fewer lost than none, also of one round", async () => {
  const result = exampleResult();
  const neighbors = [1.2, 1.2, 1.3, 1.4].map((kept, index) => ({
    scenario: "export",
    index: 9 + index,
    order: [],
    valid: true,
    arms: { streaming: { ping_kept_ratio: kept, ping_lost_per_export: (1 - kept) * 1000 } },
  }));
  const rounds = [...result.rounds.slice(0, 8), ...neighbors];
  for (const format of ["text", "markdown", "html"] as const) {
    const text = await renderReport(format, { ...result, rounds, config: {} });
    assert.match(text, /100 %/, format);
    assert.ok(!/(?<!\d)1[1-9]\d %|[-−][234]00(?!\d)/.test(text), format);
  }
});

test("every time that is too short to be measured is shown as below its resolution, in every format and scenario", async () => {
  const result = exampleResult();
  const times = metrics.filter(({ unit }) => unit === "s" || unit === "s/MiB").map(({ id }) => id);
  const none = Object.fromEntries(times.map((id) => [id, 0]));
  for (const scenario of ["export", "slow-readers", "sync-workers", "leave", "capacity", "later"]) {
    const arms = [{ id: "api", scenario, role: "treatment" as const, delivery: "api" }];
    const rounds = [{ scenario, index: 0, order: ["api"], valid: true, arms: { api: none } }];
    const empty: BenchResult = { ...result, arms, rounds, comparisons: [], config: {} };
    for (const format of ["text", "markdown", "html"] as const) {
      // An axis begins at nothing.
      const text = (await renderReport(format, empty)).replaceAll(/<svg.*?<\/svg>/gs, "");
      assert.ok(!/(?<![\d.])0 (s|ms)\b/.test(text), `${format} of ${scenario}`);
      assert.ok(/(<|&lt;) 1 [mµ]s/.test(text), `${format} of ${scenario}`);
    }
  }
});

/** A run that ended in its third round. */
function failedResult(): BenchResult {
  const example = exampleResult();
  const error = "api: Reading failed. The server's last lines: out of licences";
  const [first, second, third] = example.rounds;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  const rounds = [first, second, { ...third, valid: false, reason: error }];
  const outcome = { verdict: "invalid", exitCode: 4, complete: false } as const;
  const warnings = ["Something else.", `slow-readers is invalid from here on: ${error}`, error];
  return { ...example, rounds, comparisons: [], warnings, reasons: [error], ...outcome };
}

test("a report tells the error that ended a run once", async () => {
  for (const format of ["text", "markdown", "html"] as const) {
    const text = oneLined(await renderReport(format, failedResult(), { columns: 200 }));
    assert.equal(text.split("out of licences").length, 2, format);
    assert.ok(text.includes("Round 3 doesn"), format);
    assert.ok(text.includes("slow-readers is invalid from here on."), format);
  }
});

test("where standard error has the error, the report says only which round doesn't count", async () => {
  const text = await renderReport("text", failedResult(), { columns: 200, isErrorReported: true });
  assert.doesNotMatch(text, /licences/);
  assert.match(text, /^• Round 3 of export doesn't count: standard error has the error that ended it\.$/m);
  assert.match(text, /^Round 3 doesn't count\.$/m);
  const early = { ...failedResult(), rounds: [] };
  const before = await renderReport("text", early, { columns: 200, isErrorReported: true });
  assert.match(before, /^• Standard error has the error that ended the run\.$/m);
});

test("the first run of a baseline isn't said to have no budget", () => {
  const first = { ...exampleResult(), config: { isFirstBaseline: true } };
  const text = terminalReport(first, { hasColor: false });
  assert.match(text, /^Informational: the first run of a baseline has nothing to be compared with\.$/m);
  assert.doesNotMatch(text, /no budget was set/);
});

test("what is observed beside the servers is named in its rows", () => {
  const result = exampleResult();
  const observedWork = { observed_cpu_s_per_export: 0.3, connection_held_s_per_export: 0 };
  const rounds = result.rounds.map((round) => ({
    ...round,
    arms: { ...round.arms, streaming: { ...round.arms["streaming"], ...observedWork } },
  }));
  const config = {
    observed: [
      { name: "db", kind: "postgres" },
      { name: "cache", kind: "processes" },
    ],
  };
  const text = terminalReport({ ...result, rounds, config }, { hasColor: false });
  assert.match(text, /^CPU time observed, db \+ cache +300 ms/m);
  assert.match(text, /^connection held, db +< 50 ms/m);
});

test("what is too short to be measured is never shown as nothing", () => {
  const result = exampleResult();
  const rounds = result.rounds.map((round) => ({
    ...round,
    arms: Object.fromEntries(
      Object.entries(round.arms).map(([id, measured]) => [id, { ...measured, cpu_s_per_export: 0 }]),
    ),
  }));
  const text = terminalReport({ ...result, rounds }, { hasColor: false });
  assert.match(text, /^CPU time +< 1 ms +< 1 ms +< 1 ms/m);
  assert.doesNotMatch(text, /\b0 s\b/);
});

test("a run gives its servers the names of the user's targets, where no delivery takes part", () => {
  const result = exampleResult();
  const arms = [{ id: "api", scenario: "export", role: "treatment" as const, delivery: "api" }];
  const rounds = Array.from({ length: 4 }, (_, index) => {
    const measured = { api: arm(1, 0.01, mebibyte) };
    return { scenario: "export", index, order: ["api"], valid: true, arms: measured };
  });
  const text = terminalReport({ ...result, arms, rounds, comparisons: [] }, { hasColor: false });
  assert.match(text, /^api: 290,000 rows/);
  assert.match(text, /^peak memory over idle: api 1\.00 MiB$/m);
  assert.doesNotMatch(text, /streaming|buffered/);
});

test("a run of nothing still gives a report that says so", () => {
  const nothing = { ...exampleResult(), rounds: [], arms: [], comparisons: [], warnings: ["It broke."] };
  const text = terminalReport({ ...nothing, verdict: "invalid", complete: false }, { hasColor: false });
  assert.match(text, /\n\nInvalid: these numbers can't be trusted\.\n• It broke\.\n/);
  assert.equal(text.split("It broke.").length, 2);
  assert.doesNotMatch(text, /NaN|undefined|null/);
});

test("a ratio of what has to be equal has as many digits as tell it from 1, and no more", () => {
  for (const [ratio, text] of [
    [1, "1×"],
    [0.499_993_333_4, "0.50×"],
    [1.000_000_1, "1.0000001×"],
    [0.999_99, "0.99999×"],
    [1 + Number.EPSILON, "1.0000000000000002×"],
  ] as const)
    assert.equal(ratioText({ ratio, interval: null, isExact: true }), text);
});

test("a number has no more digits than it can be trusted with", () => {
  assert.equal(significant(0.00437, 2), "0.0044");
  assert.equal(significant(0.9996, 3), "1.00");
  assert.equal(significant(1.25, 2), "1.3");
  assert.equal(significant(260.4, 2), "260");
  assert.equal(significant(-0.2, 2), "-0.20");
  assert.equal(significant(0, 2), "0");
  assert.equal(factorText(1.9, [1.74, 2.31]), "1.9× (1.7–2.3)");
  assert.equal(factorText(0.005, [0.004, 0.0125]), "1/200× (1/250–1/80)");
  assert.equal(percentText(0.004), "0.40 %");
  assert.equal(quantityText(null, "s"), "–");
  assert.equal(quantityText(33.4e6, "bytes/s"), "33.4 MB/s");
  assert.equal(quantityText(1.42, "clients"), "1.4");
  assert.equal(quantityText(-0.3, "requests"), "0");
});

test("a run that fails before its first arm is named after its targets, and not after a server of ours", () => {
  const result = fixtureResult("invalid");
  const config = { ...result.config, deliveries: [], targets: [{ name: "api" }, { name: "old" }] };
  const { title, circumstances } = buildReport({ ...result, arms: [], rounds: [], config });
  assert.match(title, /^api, old(:|$)/);
  assert.doesNotMatch(circumstances, /worker/);
});
