import { factorText, percentText, quantityText } from "../../bench/report/number-text.ts";
import type { MetricUnit } from "../../bench/result/metric.ts";
import type { Environment } from "../../bench/result/result.ts";
import { compareRounds } from "../../bench/statistics/compare.ts";
import { median } from "../../bench/statistics/median.ts";
import type { PeerResult } from "./run-peers.ts";
import type { PeerNumbers } from "./running-peer.ts";

/** A column of the tables. */
interface Quantity {
  readonly title: string;
  readonly unit: MetricUnit;
  readonly of: (numbers: PeerNumbers) => number | null;
}

const quantities: readonly Quantity[] = [
  { title: "throughput", unit: "bytes/s", of: (numbers) => numbers.bytesPerSecond },
  { title: "rows per second", unit: "rows/s", of: (numbers) => numbers.rowsPerSecond },
  { title: "first byte", unit: "s", of: (numbers) => numbers.firstByteSeconds },
  { title: "CPU per million rows", unit: "s", of: (numbers) => numbers.cpuSecondsPerMillionRows },
  { title: "database's CPU", unit: "s", of: (numbers) => numbers.databaseCpuSecondsPerMillionRows },
  { title: "idle memory", unit: "bytes", of: (numbers) => numbers.idleBytes },
  { title: "peak memory over idle", unit: "bytes", of: (numbers) => numbers.peakOverIdleBytes },
  { title: "query after leaving", unit: "s", of: (numbers) => numbers.querySecondsAfterLeaving },
  { title: "short requests per second", unit: "requests/s", of: (numbers) => numbers.pingsPerSecond },
];

/** From this share on, other programs affect the absolute numbers. */
const disturbingLoad = 0.05;
/** From this share on, the reader may have been the limit. */
const busyReaderRatio = 0.8;

/** The facts about a run in addition to its numbers. */
export interface RunFacts {
  readonly command: string;
  readonly date: string;
  readonly environment: Environment;
  readonly rounds: number;
  readonly seed: number;
  /** Share of the machine's CPU time that other programs took during the run. */
  readonly foreignLoad: number;
}

/** The columns of which one peer at least has a number. */
function shownQuantities(results: readonly PeerResult[]): readonly Quantity[] {
  return quantities.filter(({ of }) => results.some(({ rounds }) => valuesOf(rounds, of).length > 0));
}

/** Medians of every peer that was measured, and why the others weren't. */
export function measuredTable(results: readonly PeerResult[]): string {
  const shown = shownQuantities(results);
  const rows = results.map(({ peer, admission, rounds }) => {
    if (admission.state !== "admitted") return [peer.name, admission.state, ...shown.slice(1).map(() => "–")];
    return [peer.name, ...shown.map(({ unit, of }) => quantityText(median(valuesOf(rounds, of)), unit))];
  });
  return table(["server", ...shown.map(({ title }) => title)], rows);
}

/** Our value divided by each peer's, round by round. */
export function ratioTable(results: readonly PeerResult[]): string {
  const [ours, ...others] = results;
  const shown = shownQuantities(results);
  const rows = others.flatMap((other) => {
    if (other.admission.state !== "admitted") return [];
    return [[other.peer.name, ...shown.map(({ of }) => ratioText(ours?.rounds ?? [], other.rounds, of))]];
  });
  return table(["ours ÷", ...shown.map(({ title }) => title)], rows);
}

/** Sentences about what the tables don't show: peers that weren't measured, and those faster than the reader. */
export function pageNotes(results: readonly PeerResult[]): readonly string[] {
  return results.flatMap(({ peer, admission, rounds }) => {
    if (admission.state !== "admitted")
      return [`**${peer.name}** is ${admission.state}. ${admission.reason}`];
    const busy = median(rounds.map((numbers) => numbers.readerBusyRatio)) ?? 0;
    if (busy < busyReaderRatio) return [];
    return [
      `While reading from **${peer.name}** the client was busy for ${percentText(busy)} of the time: this server may be faster than its throughput says.`,
    ];
  });
}

/** The generated part of the page, in Markdown. */
export function generatedPart(results: readonly PeerResult[], facts: RunFacts): string {
  const { environment } = facts;
  const own = results[0]?.admission;
  const bytesPerRow = own?.state === "admitted" ? own.sample.bytesPerRow.toFixed(1) : "–";
  return [
    `Measured on ${facts.date} with \`${facts.command}\`: ${facts.rounds} rounds, seed ${facts.seed}, commit ${environment.gitSha?.slice(0, 12) ?? "unknown"}.`,
    `Machine: ${environment.cpuModel}, ${environment.cores} cores, ${environment.os}. Our rows have ${bytesPerRow} bytes on average.`,
    ...(facts.foreignLoad < disturbingLoad ? [] : [disturbance(facts.foreignLoad)]),
    "",
    "### Medians of the rounds",
    measuredTable(results),
    "",
    "### Ours divided by theirs",
    ratioTable(results),
    "",
    "Throughput, rows and short requests: more is better for us. First byte, CPU and memory: less is.",
    "In parentheses the interval of the ratio.",
    ...pageNotes(results).flatMap((sentence) => ["", sentence]),
    "",
    "### What was run",
    table(
      ["server", "stack", "version", "rows an export", "bytes a row"],
      results.map(({ peer, admission }) =>
        admission.state === "admitted"
          ? [
              peer.name,
              peer.stack,
              admission.version,
              quantityText(admission.rows, "rows"),
              admission.sample.bytesPerRow.toFixed(1),
            ]
          : [peer.name, peer.stack, admission.state, "–", "–"],
      ),
    ),
    "",
    ...results.map(({ peer }) => `- **${peer.name}**: ${peer.settings}`),
  ].join("\n");
}

function disturbance(load: number): string {
  return `Other programs took ${percentText(load)} of the machine's CPU time meanwhile: absolute numbers are too low, and intervals wider than on a quiet machine.`;
}

function ratioText(ours: readonly PeerNumbers[], theirs: readonly PeerNumbers[], of: Quantity["of"]): string {
  const pairs = ours.flatMap((own, round) => {
    const other = theirs[round];
    const [treatment, control] = [of(own), other === undefined ? null : of(other)];
    return treatment === null || control === null ? [] : [{ treatment, control }];
  });
  const estimate = compareRounds(pairs);
  return estimate === null ? "–" : factorText(estimate.ratio, [estimate.low, estimate.high]);
}

function valuesOf(rounds: readonly PeerNumbers[], of: Quantity["of"]): readonly number[] {
  return rounds.map(of).filter((value) => value !== null);
}

/** A Markdown table with padded cells, so that it is readable in a terminal too. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, index) =>
    Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
