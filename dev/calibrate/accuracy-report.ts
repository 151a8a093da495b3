import { median } from "../../bench/statistics/median.ts";

/** What both sides measure. */
export interface Numbers {
  readonly firstByteSeconds: number;
  readonly totalSeconds: number;
  readonly cpuSeconds: number;
  readonly peakOverIdleBytes: number;
  /** Of the body. */
  readonly bytes: number;
}

/** What was found of a server. */
export interface Accuracy {
  readonly name: string;
  readonly version: string;
  readonly rows: number;
  /** What `bench` and the script found, a pair a round. */
  readonly pairs: readonly { readonly bench: Numbers; readonly hand: Numbers }[];
  /** CPU time of one and the same export, what `bench` measures over what the script does, one a round. */
  readonly sameExport: readonly number[];
  /** The line that starts it. */
  readonly line: string;
}

const quantities: readonly (readonly [key: keyof Numbers, title: string])[] = [
  ["firstByteSeconds", "first byte"],
  ["totalSeconds", "total time"],
  ["cpuSeconds", "CPU time"],
  ["peakOverIdleBytes", "peak memory over idle"],
];

/** The numbers of both sides, and their ratios within each round. */
export function accuracyLines({ name, version, rows, pairs, sameExport, line }: Accuracy): readonly string[] {
  const numbers = quantities.map(([key]) => {
    const [bench, hand] = (["bench", "hand"] as const).map(
      (side) => median(pairs.map((pair) => pair[side][key]))?.toPrecision(4) ?? "unknown",
    );
    return `  ${key.padEnd(20)} ${bench} ${hand} ${spreadOf(ratiosOf(pairs, key))}`;
  });
  return [
    `${name} (${version}), ${rows} rows, ${pairs.length} rounds: bench, by hand, ratio (least to most)`,
    ...numbers,
    `  CPU time of the same export, bench over script: ${spreadOf(sameExport)}`,
    `  started by: ${line}`,
  ];
}

/** Medians of the ratios, in Markdown. */
export function accuracyTable(found: readonly Accuracy[]): readonly string[] {
  const titles = ["server", "rows", ...quantities.map(([, title]) => title), "CPU time, same export"];
  const rows = found.map((one) => [
    one.name,
    String(one.rows),
    ...quantities.map(([key]) => spreadOf(ratiosOf(one.pairs, key))),
    spreadOf(one.sameExport),
  ]);
  return [titles, titles.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
}

function ratiosOf(pairs: Accuracy["pairs"], key: keyof Numbers): readonly number[] {
  return pairs.map(({ bench, hand }) => bench[key] / hand[key]);
}

function spreadOf(ratios: readonly number[]): string {
  const middle = median(ratios)?.toFixed(3) ?? "unknown";
  return `${middle}× (${Math.min(...ratios).toFixed(3)}–${Math.max(...ratios).toFixed(3)})`;
}
