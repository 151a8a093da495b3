import { randomBytes } from "node:crypto";

const secret = randomBytes(8);
const [firstSecret, secondSecret] = [secret.readInt32LE(0), secret.readInt32LE(4)];

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/**
 * A 32-bit hash: HalfSipHash-1-3 (Aumasson and Bernstein), the SipHash for 32-bit machines, with a secret of this process. Keys
 * come from untrusted files. With a predictable hash an attacker could choose keys that all collide, so that each lookup
 * would compare all of them.
 */
export function hashBytes(bytes: Uint8Array, from: number, to: number): number {
  let v0 = firstSecret;
  let v1 = secondSecret;
  let v2 = 0x6c796765 ^ firstSecret;
  let v3 = 0x74656462 ^ secondSecret;
  const length = to - from;
  const wholeEnd = to - (length & 3);
  // The last word contains the length and the remaining bytes.
  let last = length << 24;
  for (let at = wholeEnd; at < to; at += 1) last |= (bytes[at] ?? 0) << (8 * (at - wholeEnd));
  let at = from;
  // One round for each word, and three after the last.
  for (let roundsLeft = (length >> 2) + 4; roundsLeft > 0; roundsLeft -= 1) {
    let word = 0;
    if (roundsLeft > 4) {
      word =
        (bytes[at] ?? 0) |
        ((bytes[at + 1] ?? 0) << 8) |
        ((bytes[at + 2] ?? 0) << 16) |
        ((bytes[at + 3] ?? 0) << 24);
      at += 4;
    } else if (roundsLeft === 4) word = last;
    else if (roundsLeft === 3) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = rotated(v1, 5) ^ v0;
    v0 = rotated(v0, 16);
    v2 = (v2 + v3) | 0;
    v3 = rotated(v3, 8) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = rotated(v3, 7) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = rotated(v1, 13) ^ v2;
    v2 = rotated(v2, 16);
    v0 ^= word;
  }
  return v1 ^ v3;
}
