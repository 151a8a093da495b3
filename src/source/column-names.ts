/**
 * Names that tell columns apart, those of a header kept exactly as they are: an empty one becomes `column` with its place,
 * counted from 0, and of equal ones all but the first get a number: `a`, `a_1`, `a_2`. A number that would make a name that
 * the header has itself is passed over.
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
