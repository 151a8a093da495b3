/**
 * Makes the names of a header unique and keeps unique names unchanged. An empty name becomes `column` with its position,
 * counted from 0. Repeated names get a number: `a`, `a_1`, `a_2`. A number is skipped if the header already contains that name.
 */
export function distinctNames(names: readonly string[]): readonly string[] {
  const given = new Set(names);
  const taken = new Set<string>();
  const nextNumbers = new Map<string, number>();
  return names.map((name, place) => {
    const base = name === "" ? `column${place}` : name;
    let distinct = base;
    while (taken.has(distinct) || (distinct !== name && given.has(distinct))) {
      const number = nextNumbers.get(base) ?? 1;
      nextNumbers.set(base, number + 1);
      distinct = `${base}_${number}`;
    }
    taken.add(distinct);
    return distinct;
  });
}
