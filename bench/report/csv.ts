import { CsvEncoder } from "../../src/index.ts";
import type { Renderer } from "./renderer.ts";

const columns = ["scenario", "round", "valid", "arm", "metric", "unit", "value"].map((name) => ({ name }));

/** One row for each value of each round, arm and metric, as RFC 4180; a value that couldn't be measured is empty. */
export const renderCsv: Renderer = ({ rounds, metrics }) => {
  const units = new Map(metrics.map(({ id, unit }) => [id, unit]));
  const rows = rounds.flatMap(({ scenario, index, valid, arms }) =>
    Object.entries(arms).flatMap(([arm, measured]) =>
      Object.entries(measured).map(([metric, value]) => [
        scenario,
        index,
        valid,
        arm,
        metric,
        units.get(metric) ?? null,
        value,
      ]),
    ),
  );
  const encoder = new CsvEncoder(columns);
  const body = encoder.encode({
    rowCount: rows.length,
    columns: columns.map((_, index) => ({ kind: "mixed", values: rows.map((row) => row[index]) })),
  });
  return Buffer.concat([encoder.header(), body]).toString("utf8");
};
