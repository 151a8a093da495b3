import type { ServerStats } from "../../../src/internal.ts";

/** Numbers, by name, that never fall while a server runs. */
export type Counters = ReadonlyMap<string, number>;

/** The counters in `/stats`. */
export function countersOfStats(stats: ServerStats): Counters {
  const counters = new Map<string, number>([["uptimeSeconds", stats.uptimeSeconds]]);
  const counted = [
    "heldSeconds",
    "busySlotSeconds",
    "queueWaitSeconds",
    "loopSeconds",
    "cpuSeconds",
    "gcSeconds",
  ] as const;
  for (const name of counted) counters.set(`total.${name}`, stats.total[name]);
  for (const worker of stats.workers) {
    counters.set(`workers[${worker.worker}].restarts`, worker.restarts);
    for (const name of counted) counters.set(`workers[${worker.worker}].${name}`, worker[name]);
  }
  for (const { name, delivery, transfers, rows, bytes, heldSeconds, durationSeconds } of stats.exports) {
    const place = `${name}/${delivery}`;
    for (const [state, count] of Object.entries(transfers))
      counters.set(`${place}.transfers.${state}`, count);
    for (const [what, count] of Object.entries({ rows, bytes, heldSeconds }))
      counters.set(`${place}.${what}`, count);
    counters.set(`${place}.durationSeconds.count`, durationSeconds.count);
    counters.set(`${place}.durationSeconds.sum`, durationSeconds.sum);
  }
  return counters;
}

/** The counters in Prometheus' text format: of type `counter`, and the counts and sums of histograms. */
export function countersOfMetrics(text: string): Counters {
  const types = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => [name, type]),
  );
  const counters = new Map<string, number>();
  for (const [, series = "", name = "", value = ""] of text.matchAll(
    /^(([a-zA-Z_:][\w:]*)(?:\{[^}]*\})?) (\S+)$/gm,
  )) {
    const isCounter = types.get(name) === "counter";
    const isHistogram = types.get(name.replace(/_(?:bucket|count|sum)$/, "")) === "histogram";
    if (isCounter || isHistogram) counters.set(series, Number(value));
  }
  return counters;
}

/** The counters that fell, disappeared, or aren't numbers from 0; a sum of fractions may lose its last digit. */
export function fallen(before: Counters, now: Counters): readonly string[] {
  const wrong = [...now].filter(([, value]) => !(value >= 0)).map(([name, value]) => `${name} is ${value}`);
  for (const [name, value] of before) {
    const after = now.get(name);
    // A counter that never counted may be replaced by series with labels.
    if (after === undefined && value > 0) wrong.push(`${name} was ${value} and is gone`);
    else if (after !== undefined && after < value - 1e-6 * Math.max(1, value))
      wrong.push(`${name} was ${value} and is ${after}`);
  }
  return wrong;
}
