import type { Document } from "yaml";

/**
 * The line of a name that a map has already; undefined if there is none. The parser itself compares each name with all others of its map,
 * which takes the square of the time for many exports.
 * @param document of which all names are texts (`stringKeys`)
 */
export async function lineOfRepeatedYamlName(
  document: Document.Parsed,
  text: string,
): Promise<number | undefined> {
  const { isMap, isScalar, visit } = await import("yaml");
  const namesOf = new Map<unknown, Set<string>>();
  let repeatedAt: number | undefined;
  visit(document, (role, node, path) => {
    const map = path.at(-2);
    // A list of pairs may repeat a name.
    if (role !== "key" || !isMap(map) || !isScalar(node) || typeof node.value !== "string") return undefined;
    // Not a name: a map may merge several others.
    if (node.value === "<<" && node.type === "PLAIN") return undefined;
    const names = namesOf.get(map) ?? new Set();
    namesOf.set(map, names);
    if (!names.has(node.value)) {
      names.add(node.value);
      return undefined;
    }
    repeatedAt = node.range?.[0] ?? 0;
    return visit.BREAK;
  });
  return repeatedAt === undefined ? undefined : text.slice(0, repeatedAt).split("\n").length;
}
