/**
 * Whether a name fits a pattern, in which `*` stands for any letters, also none. In time linear in the name. Their normal forms may
 * differ, as in the catalog.
 */
export function fitsPattern(name: string, pattern: string): boolean {
  return fits(name.normalize(), pattern.normalize());
}

function fits(name: string, pattern: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
