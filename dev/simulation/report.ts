import type { MedianBounds } from "../../bench/statistics/median-bounds.ts";
import { fewestWorkers } from "./fewest-workers.ts";
import { limitsOf } from "./limits.ts";
import type { Options } from "./options.ts";
import { summarize } from "./summary.ts";

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;

/** Simulates what the options say, and tells it as a Markdown table. */
export function report(options: Options): string {
  const { demand, effort, wantedWaitSeconds, surroundings } = options;
  const wanted =
    wantedWaitSeconds === null ? null : fewestWorkers(demand, options.fleet, effort, wantedWaitSeconds);
  if (wantedWaitSeconds !== null && wanted === null)
    throw new RangeError("No number of workers up to 4096 is enough. Lower the load, or wait longer.");
  const fleet = wanted === null ? options.fleet : { ...options.fleet, workers: wanted.workers };
  const summary = wanted?.summary ?? summarize(demand, fleet, effort);
  const { counts, p95DownloadWaitSeconds } = summary;
  const s3 = summary.meanRequests;
  const perGibibyte = gibibyte / summary.meanBytes;
  const ofSubmitted = (count: number): string => `${count} of ${counts.submitted}`;
  const lines: [string, string][] = [
    ["workers × jobs at a time", `${fleet.workers} × ${fleet.concurrency}`],
    ["mean size of a result", `${rounded(summary.meanBytes / mebibyte)} MiB`],
    ["mean wait", seconds(summary.meanWaitSeconds)],
    ["95 % wait at most", seconds(summary.p95WaitSeconds)],
    ["95 % have their result within", seconds(summary.p95TotalSeconds)],
    ...(p95DownloadWaitSeconds === null
      ? []
      : ([["95 % of downloads wait at most", seconds(p95DownloadWaitSeconds)]] as [string, string][])),
    ["jobs refused, failed", `${counts.refused}, ${counts.failed} of ${counts.submitted}`],
    ["jobs taken over; deaths of workers", `${ofSubmitted(counts.takenOver)}; ${counts.deaths}`],
    [
      "S3 requests per GiB: writes, reads, deletes",
      [s3.writes, s3.reads, s3.deletes].map((count) => rounded(count * perGibibyte)).join(", "),
    ],
    ...limitsOf(demand, fleet, summary, surroundings).map(({ what, used, most }, index): [string, string] => [
      index === 0 ? `**breaks first**: ${what}` : what,
      `${rounded(used)} of ${most}, ${rounded((used / most) * 100)} %`,
    ]),
  ];
  return `| what | value |\n| --- | --- |\n${lines.map(([what, value]) => `| ${what} | ${value} |\n`).join("")}`;
}

function seconds({ median, low, high }: MedianBounds): string {
  return `${rounded(median)} s (${rounded(low)} to ${rounded(high)})`;
}

/** Three digits. */
function rounded(value: number): string {
  return String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}
