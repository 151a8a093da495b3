import { fromEnvironment } from "../environment.ts";

/**
 * Puts the values of environment variables in the place of texts `env:NAME`, everywhere in a value.
 * @param path where the value is in the file, for messages
 * @throws RangeError that names the path and a variable that isn't set
 */
export function withEnvironment(value: unknown, path: string, file: string): unknown {
  if (typeof value === "string") return fromEnvironment(value, `"${path}" in "${file}"`);
  if (Array.isArray(value))
    return value.map((item: unknown, index) => withEnvironment(item, `${path}[${index}]`, file));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, withEnvironment(field, `${path}.${name}`, file)]),
  );
}
