import type { BenchResult } from "../../result/result.ts";

/** A warning of a run, and the arms whose columns refer to it. */
export interface Footnote {
  readonly text: string;
  readonly arms: readonly string[];
}

/** The warnings of a run, each once: what holds for several arms names all of them. */
export function footnotesOf({ warnings, arms }: BenchResult): readonly Footnote[] {
  const ids = [...new Set(arms.map(({ id }) => id))];
  const groups = new Map<string, { readonly first: string; readonly arms: string[] }>();
  for (const warning of new Set(warnings)) {
    // The longest name, because one may begin with another and a space.
    const arm = ids.filter((id) => warning.startsWith(`${id} `)).toSorted((a, b) => b.length - a.length)[0];
    const rest = arm === undefined ? warning : warning.slice(arm.length);
    const known = arm === undefined ? undefined : groups.get(rest);
    if (known === undefined) groups.set(rest, { first: warning, arms: arm === undefined ? [] : [arm] });
    else if (arm !== undefined) known.arms.push(arm);
  }
  return [...groups.values()].map((group) => {
    const [, ...others] = group.arms;
    const same =
      others.length === 0 ? "" : ` The same holds for ${new Intl.ListFormat("en").format(others)}.`;
    return { text: `${group.first}${same}`, arms: group.arms };
  });
}
