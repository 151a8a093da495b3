const prefix = "env:";

/**
 * Puts the values of environment variables in the place of texts `env:NAME`, everywhere in a value.
 * @param path where the value is, for messages
 * @throws RangeError that names the path and a variable that isn't set; the value of none is ever in a message
 */
export function withEnvironment(value: unknown, path: string, file: string): unknown {
  if (typeof value === "string") return value.startsWith(prefix) ? read(value, path, file) : value;
  if (Array.isArray(value))
    return value.map((item: unknown, index) => withEnvironment(item, `${path}[${index}]`, file));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, withEnvironment(field, `${path}.${name}`, file)]),
  );
}

function read(reference: string, path: string, file: string): string {
  const name = reference.slice(prefix.length);
  const value = process.env[name];
  if (value !== undefined && value !== "") return value;
  throw new RangeError(
    `"${path}" in "${file}" is "${reference}", and the environment has no ${name}. Set it, or write the value.`,
  );
}
