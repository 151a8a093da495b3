import { formatCount } from "../../../src/ground.ts";
import type { CheckedBody } from "../../result/result.ts";
import type { Baseline, RunNames } from "./baseline.ts";

/** What is known of a body of a run. */
type KnownBody = Pick<CheckedBody, "whole"> & {
  readonly [Key in "rows" | "columns" | "bytes" | "sha256"]: CheckedBody[Key] | null;
};

/** The body of one delivery or target in two runs. */
export interface BodyPair {
  /** The delivery or the target; null where it is that of all. */
  readonly name: string | null;
  readonly before: KnownBody;
  readonly after: KnownBody;
}

/**
 * How the rows of an export have changed. With `more` and `fewer` the export itself has other rows; with `request` the later
 * run may have been asked for another number of them.
 */
export type RowsChange = "none" | "more" | "fewer" | "request";

/** The bodies that both runs have, or one where all are alike. Files of earlier versions keep only the first. */
export function bodyPairsOf(before: Baseline, after: Baseline): readonly BodyPair[] {
  const [was, is] = [before.export.bodies, after.export.bodies];
  if (was === undefined || is === undefined) {
    return [{ name: null, before: firstBodyOf(before), after: firstBodyOf(after) }];
  }
  const pairs = is.flatMap((later): readonly BodyPair[] => {
    const earlier = was.find(({ name }) => name === later.name);
    return earlier === undefined ? [] : [{ name: later.name, before: earlier, after: later }];
  });
  const [first] = pairs;
  const isOne = new Set(pairs.map(contentOf)).size === 1;
  return first !== undefined && isOne ? [{ ...first, name: null }] : pairs;
}

function contentOf({ before, after }: BodyPair): string {
  return JSON.stringify([before, after], (key, value: unknown) => (key === "name" ? undefined : value));
}

function firstBodyOf({ export: { rows, bytes, sha256, bodies } }: Baseline): KnownBody {
  return bodies?.[0] ?? { rows, columns: null, bytes, sha256, whole: false };
}

/** How the rows of a pair have changed. Only a run that had all rows of its export shows that these became more or fewer. */
export function rowsChangeOf({ before, after }: Pick<BodyPair, "before" | "after">): RowsChange {
  if (before.rows === after.rows) return "none";
  if (before.rows === null || after.rows === null || !after.whole) return "request";
  if (after.rows < before.rows) return "fewer";
  return before.whole ? "more" : "request";
}

/** How the rows of a delivery or target have changed. */
export function rowsChangeIn(pairs: readonly BodyPair[], delivery: string): RowsChange {
  const pair = pairs.find(({ name }) => name === delivery) ?? pairs[0];
  return pair === undefined ? "none" : rowsChangeOf(pair);
}

/** What can't be compared because rows have changed, as sentences. Fewer rows have a judgement of their own. */
export function rowsNotes(pairs: readonly BodyPair[], names: RunNames): readonly string[] {
  const notes = pairs.flatMap((pair): readonly string[] => {
    const { name, before, after } = pair;
    const change = rowsChangeOf(pair);
    if (change === "request") {
      return [
        `${names.before} measured ${before.rows ?? "unknown"} rows and ${names.after} ${after.rows ?? "unknown ones"}: metrics that depend on the size of the export are not compared. --rows makes the sizes equal.`,
      ];
    }
    if (change !== "more") return [];
    const [was, is] = [before.rows, after.rows].map((rows) => formatCount(rows ?? 0));
    return [
      `The export${name === null ? "" : ` of ${name}`} has grown from ${was} to ${is} rows: its content is not compared, and higher time or memory of it is not called a regression.`,
    ];
  });
  return [...new Set(notes)];
}
