/** What the buffer begins with, and is brought back to when a long row has made it much larger. */
const usualBytes = 256 * 1024;
const mostKeptBytes = 1024 * 1024;

/**
 * The buffer all encoders write into. One is enough, since encoding is synchronous, and a thousand readers at rest
 * then hold none; what is written is copied out before anybody else can write.
 */
export const sink = { bytes: new Uint8Array(usualBytes) };

/** Makes room up to `end`, keeping what is written; the buffer may be another one afterwards. */
export function reserve(end: number): Uint8Array {
  if (end > sink.bytes.length) {
    const larger = new Uint8Array(Math.max(end, 2 * sink.bytes.length));
    larger.set(sink.bytes);
    sink.bytes = larger;
  }
  return sink.bytes;
}

/** The first `length` bytes as a chunk that belongs to whoever receives it. */
export function takeBytes(length: number): Uint8Array {
  const chunk = sink.bytes.slice(0, length);
  if (sink.bytes.length > mostKeptBytes) sink.bytes = new Uint8Array(usualBytes);
  return chunk;
}
