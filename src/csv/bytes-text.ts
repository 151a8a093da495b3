const hexPairs: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

/** Formats bytes as PostgreSQL does: `\x` and two lower-case hexadecimal digits per byte. */
export function bytesText(bytes: Uint8Array): string {
  const pairs: string[] = ["\\x"];
  for (const byte of bytes) pairs.push(hexPairs[byte] ?? "");
  return pairs.join("");
}
