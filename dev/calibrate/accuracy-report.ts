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

/** What bench found over what the script did. */
export type Ratios = Readonly<Record<Exclude<keyof Numbers, "bytes">, number>>;

/** What was found of a server. */
export interface Accuracy {
  readonly name: string;
  readonly version: string;
  readonly rows: number;
  /** What `bench` and the script found, each of a server of its own, a pair a round. */
  readonly pairs: readonly { readonly bench: Numbers; readonly hand: Numbers }[];
  /** What they found of one server, once a round. */
  readonly onOneServer: readonly Ratios[];
  /** The line that starts it. */
  readonly line: string;
}

const quantities: readonly (readonly [key: keyof Ratios, title: string])[] = [
  ["firstByteSeconds", "first byte"],
  ["totalSeconds", "total time"],
  ["cpuSeconds", "CPU time"],
  ["peakOverIdleBytes", "peak memory over idle"],
];

/** The numbers of both sides, and their ratios within each round. */
export function accuracyLines(accuracy: Accuracy): readonly string[] {
  const { name, version, rows, pairs, onOneServer, line } = accuracy;
  const numbers = quantities.map(([key]) => {
    const [bench, hand] = (["bench", "hand"] as const).map(
      (side) => median(pairs.map((pair) => pair[side][key]))?.toPrecision(4) ?? "unknown",
    );
    const one = spreadOf(onOneServer.map((ratios) => ratios[key]));
    return `  ${key.padEnd(20)} ${bench} ${hand} ${spreadOf(ratiosOf(pairs, key))}, ${one}`;
  });
  return [
    `${name} (${version}), ${rows} rows, ${pairs.length} rounds: bench, by hand, ratio (least to most), on one server`,
    ...numbers,
    `  started by: ${line}`,
  ];
}

/** Medians of the ratios, in Markdown: on one server, and each side with servers of its own. */
export function accuracyTables(found: readonly Accuracy[]): readonly string[] {
  const titles = ["server", "rows", ...quantities.map(([, title]) => title)];
  const table = (
    title: string,
    ratios: (one: Accuracy, key: keyof Ratios) => readonly number[],
  ): string[] => [
    `${title}:`,
    "",
    ...[
      titles,
      titles.map(() => "---"),
      ...found.map((one) => [
        one.name,
        String(one.rows),
        ...quantities.map(([key]) => spreadOf(ratios(one, key))),
      ]),
    ].map((cells) => `| ${cells.join(" | ")} |`),
  ];
  return [
    ...table("On one server", (one, key) => one.onOneServer.map((ratios) => ratios[key])),
    "",
    ...table("Each with servers of its own", (one, key) => ratiosOf(one.pairs, key)),
  ];
}

function ratiosOf(pairs: Accuracy["pairs"], key: keyof Ratios): readonly number[] {
  return pairs.map(({ bench, hand }) => bench[key] / hand[key]);
}

function spreadOf(ratios: readonly number[]): string {
  const middle = median(ratios)?.toFixed(3) ?? "unknown";
  return `${middle}× (${Math.min(...ratios).toFixed(3)}–${Math.max(...ratios).toFixed(3)})`;
}
