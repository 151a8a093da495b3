import { nameOf, type RelativeBudget } from "../budget/budget.ts";
import { nameOfExport, type NamedBaseline } from "./baseline.ts";
import { isPortable } from "./metric-values.ts";

/**
 * Refuses, before anything is measured, a baseline that this run can't be compared with.
 * @throws RangeError that says what the baseline has instead
 */
export function requireComparable(
  { name, content }: NamedBaseline,
  budgets: readonly RelativeBudget[],
  run: {
    readonly exportName: string | null;
    readonly sourceFile: string | null;
    readonly targets: readonly { readonly name: string }[];
    readonly rows: number | null;
    readonly fingerprint: string;
  },
): void {
  const wanted = nameOfExport({
    exportName: run.exportName,
    sourceFile: run.sourceFile,
    targets: run.targets,
  });
  if (content.export.name !== wanted) {
    throw new RangeError(
      `"${name}" is a baseline of the export "${content.export.name}", and "${wanted}" is to be measured: only runs of the same export can be compared.`,
    );
  }
  // A generated export has as many rows as it is asked for. How many a file has is known only when it has been read.
  if (run.exportName !== null && run.rows !== null && content.export.rows !== run.rows) {
    throw new RangeError(
      `"${name}" is a baseline of ${content.export.rows} rows, and ${run.rows} are to be measured: give --rows ${content.export.rows}, or leave it out.`,
    );
  }
  const isSameMachine = content.environment.fingerprint === run.fingerprint;
  const known = content.series.filter(
    (values) => values.scenario === "export" && (isSameMachine || isPortable(values)),
  );
  const missing = budgets.find(
    ({ delivery, metric }) =>
      !known.some((values) => values.delivery === delivery && values.metric === metric),
  );
  if (missing === undefined) return;
  const names = new Set(known.map(({ delivery, metric }) => `${delivery}.${metric}`));
  throw new RangeError(
    `"${name}" has no ${nameOf(missing)} that can be compared${isSameMachine ? "" : " with this kind of machine"}; it has: ${[...names].join(", ")}.`,
  );
}
