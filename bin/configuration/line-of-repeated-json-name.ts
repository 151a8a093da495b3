/** A text or a mark of JSON. */
const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/g;

/**
 * The line in which an object of valid JSON has a name a second time. `JSON.parse` takes the last value without a word, and what
 * the first one said is lost.
 */
export function lineOfRepeatedJsonName(json: string): number | undefined {
  /** The names of each object around the token; undefined for a list. */
  const around: (Set<unknown> | undefined)[] = [];
  let latest: RegExpExecArray | undefined;
  for (const found of json.matchAll(token)) {
    const [mark] = found;
    if (mark === "{") around.push(new Set());
    else if (mark === "[") around.push(undefined);
    else if (mark === "}" || mark === "]") around.pop();
    else if (mark === ":" && latest !== undefined) {
      const names = around.at(-1);
      const name: unknown = JSON.parse(latest[0]);
      if (names?.has(name) === true) return json.slice(0, latest.index).split("\n").length;
      names?.add(name);
    }
    latest = found;
  }
  return undefined;
}
