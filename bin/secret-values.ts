/** What was read from the environment in this process. */
const secrets = new Set<string>();
/** Shorter texts, such as a port or `test`, would be found in words that have nothing to do with them. */
const shortest = 8;

/** Remembers a value of the environment, and the words in it: a server may repeat a token without its scheme. */
export function noteSecret(value: string): void {
  for (const text of [value, ...value.split(/\s+/)]) if (text.length >= shortest) secrets.add(text);
}

/** A text for messages without the values that were read from the environment, which a server may have written or answered. */
export function withoutSecretValues(text: string): string {
  // The longest first, because one may be a part of another.
  return [...secrets]
    .toSorted((one, other) => other.length - one.length)
    .reduce((rest, secret) => rest.replaceAll(secret, "…"), text);
}
