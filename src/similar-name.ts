/** A longer text is not a misspelling, so it isn't compared. */
const longestName = 40;

/** A sentence that names what was probably meant, with a blank before it; empty where nothing is close. */
export function didYouMean(text: string, names: Iterable<string>): string {
  if (text.length > longestName) return "";
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of names) {
    if (name.length > longestName) continue;
    const distance = editDistance(text.toLowerCase(), name.toLowerCase());
    // A third of the letters may be wrong: more makes one short name of any other.
    if (distance > Math.max(text.length, name.length) / 3) continue;
    if (best === undefined || distance < best.distance) best = { name, distance };
  }
  return best === undefined ? "" : ` Did you mean "${best.name}"?`;
}

/**
 * Says that a text is not among the known names, and which one was probably meant.
 * @param what what the names are names of, with its article: `a dialect`
 */
export function notAmong(text: string, what: string, names: readonly string[]): string {
  return `${JSON.stringify(text)} is not ${what}.${didYouMean(text, names)} Use one of ${names.join(", ")}.`;
}

/** How many letters must be added, removed, replaced or swapped with their neighbor (optimal string alignment). */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current.push(
        Math.min(
          at(last, column) + 1,
          at(current, column - 1) + 1,
          at(last, column - 1) + (isSame ? 0 : 1),
          isSwapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
