import { formatCount } from "../../../src/ground.ts";
import type { ComparedRow } from "../../result/comparison-view.ts";
import type { Comparison } from "../../result/result.ts";
import type { Judgement } from "../judge/judge-metric.ts";
import type { RunNames } from "./baseline.ts";
import { rowsChangeOf, type BodyPair } from "./body-change.ts";

/** A judgement, and the row it is shown in. */
export interface Judged {
  readonly judgement: Judgement;
  readonly row: ComparedRow;
}

/**
 * Judges what both runs read. The same rows have to give the same bytes, and an export may lose neither rows nor columns: a
 * cut one would seem cheaper. A change in what is written needs a new baseline.
 */
export function judgeContent(pairs: readonly BodyPair[], names: RunNames): readonly Judged[] {
  return pairs.flatMap((pair) => {
    const change = rowsChangeOf(pair);
    const lost = lostPart(pair, change === "fewer");
    if (lost !== null) return [lostContent(lost, pair, names)];
    return change === "none" ? sameRows(pair, names) : [];
  });
}

function sameRows({ name, before, after }: BodyPair, names: RunNames): readonly Judged[] {
  if (before.sha256 === null || after.sha256 === null) return [];
  const isEqual = before.sha256 === after.sha256;
  const whose = name === null ? "" : ` of ${name}`;
  const reason = isEqual
    ? `Both runs read the same ${after.bytes} bytes${whose}.`
    : `The body${whose} has changed: it is ${after.bytes} bytes with SHA-256 ${after.sha256.slice(0, 12)}…, and was ${before.bytes} with ${before.sha256.slice(0, 12)}….`;
  const values = { before: before.bytes, after: after.bytes };
  return [
    judged({ metric: "body_bytes", method: "equality of SHA-256", name, isEqual, reason, values }, names),
  ];
}

/** What an export has lost, and how much of it there was and is. */
interface LostPart {
  readonly what: "rows" | "columns";
  readonly was: number | null;
  readonly is: number | null;
}

function lostPart({ before, after }: BodyPair, hasLostRows: boolean): LostPart | null {
  if (hasLostRows) return { what: "rows", was: before.rows, is: after.rows };
  const [was, is] = [before.columns, after.columns];
  return was !== null && is !== null && is < was ? { what: "columns", was, is } : null;
}

function lostContent(
  { what, was, is }: LostPart,
  { name, before, after }: BodyPair,
  names: RunNames,
): Judged {
  const whose = name === null ? "" : ` of ${name}`;
  const reason = `The export${whose} has lost ${what}: it has ${formatCount(is ?? 0)}, and had ${formatCount(was ?? 0)}. If it should have fewer, save a new baseline.`;
  const shown =
    what === "rows"
      ? ({ metric: "rows", values: { before: was, after: is } } as const)
      : ({ metric: "body_bytes", values: { before: before.bytes, after: after.bytes } } as const);
  return judged({ ...shown, method: `no ${what} lost`, name, isEqual: false, reason }, names);
}

function judged(
  {
    metric,
    method,
    name,
    isEqual,
    reason,
    values,
  }: Pick<Comparison, "metric" | "method"> & {
    readonly name: string | null;
    readonly isEqual: boolean;
    readonly reason: string;
    readonly values: Pick<ComparedRow, "before" | "after">;
  },
  names: RunNames,
): Judged {
  const verdict = isEqual ? "pass" : "regression";
  const { before, after } = values;
  const place = (run: string): string => (name === null ? run : `${run}: ${name}`);
  const comparison: Comparison = {
    scenario: "export",
    metric,
    treatment: place(names.after),
    control: place(names.before),
    ratio: before === null || after === null || before === 0 ? null : after / before,
    ci: [null, null],
    level: null,
    method,
    n: 1,
    mde: null,
    budget: 0,
    verdict,
  };
  return {
    judgement: {
      name: name === null ? "content" : `${name}.content`,
      comparison,
      aa: null,
      verdict,
      reason,
    },
    row: { comparison, arm: name ?? "all", over: null, ...values, isSure: !isEqual },
  };
}
