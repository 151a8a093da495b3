/**
 * The text of a file that people write, without the byte order mark of Windows editors; undefined if it isn't UTF-8. Without its own
 * mark, UTF-16 is UTF-8 with NULs.
 */
export function decodeUtf8File(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    // Decoders say nothing more than that.
    return undefined;
  }
}
