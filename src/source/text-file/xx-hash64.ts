const prime1 = 0x9e3779b185ebca87n;
const prime2 = 0xc2b2ae3d27d4eb4fn;
const prime3 = 0x165667b19e3779f9n;
const prime4 = 0x85ebca77c2b2ae63n;
const prime5 = 0x27d4eb2f165667c5n;

/** The halves of the first two, as 32-bit numbers. */
const prime1Low = 0x85ebca87 | 0;
const prime1High = 0x9e3779b1 | 0;
const prime2Low = 0x27d4eb4f;
const prime2High = 0xc2b2ae3d | 0;

const stripeBytes = 32;

/**
 * The checksum of a zstd frame's text: the lower half of XXH64 with seed 0 (RFC 8878, section 3.1.1; xxHash's specification
 * defines XXH64). The loop over stripes of 32 bytes uses 32-bit numbers, because bigints would be ten times slower. The steps
 * that occur once use bigints.
 */
export class XxHash64 {
  /** Four 64-bit numbers. */
  readonly #lanes = BigInt64Array.of(
    BigInt.asIntN(64, prime1 + prime2),
    BigInt.asIntN(64, prime2),
    0n,
    BigInt.asIntN(64, -prime1),
  );
  /** The same memory: the lower half of each number, then its upper half. */
  readonly #halves = new Int32Array(this.#lanes.buffer);
  readonly #rest = new Uint8Array(stripeBytes);
  #restLength = 0;
  #length = 0;

  update(bytes: Uint8Array): void {
    this.#length += bytes.length;
    let from = 0;
    if (this.#restLength > 0) {
      const part = bytes.subarray(0, stripeBytes - this.#restLength);
      this.#rest.set(part, this.#restLength);
      this.#restLength += part.length;
      from = part.length;
      if (this.#restLength < stripeBytes) return;
      this.#takeStripes(this.#rest, 0, stripeBytes);
    }
    const to = from + Math.floor((bytes.length - from) / stripeBytes) * stripeBytes;
    this.#takeStripes(bytes, from, to);
    this.#rest.set(bytes.subarray(to));
    this.#restLength = bytes.length - to;
  }

  /** The lower 32 bits. */
  digest32(): number {
    let hash = this.#length >= stripeBytes ? this.#merged() : prime5;
    hash = word(hash + BigInt(this.#length));
    const rest = new DataView(this.#rest.buffer, 0, this.#restLength);
    let at = 0;
    for (; at + 8 <= rest.byteLength; at += 8) {
      hash ^= round(0n, rest.getBigUint64(at, true));
      hash = word(rotated(hash, 27n) * prime1 + prime4);
    }
    if (at + 4 <= rest.byteLength) {
      hash ^= word(BigInt(rest.getUint32(at, true)) * prime1);
      hash = word(rotated(hash, 23n) * prime2 + prime3);
      at += 4;
    }
    for (; at < rest.byteLength; at += 1) {
      hash ^= word(BigInt(rest.getUint8(at)) * prime5);
      hash = word(rotated(hash, 11n) * prime1);
    }
    hash = word((hash ^ (hash >> 33n)) * prime2);
    hash = word((hash ^ (hash >> 29n)) * prime3);
    return Number((hash ^ (hash >> 32n)) & 0xffffffffn);
  }

  #merged(): bigint {
    const lanes = [...this.#lanes].map(word);
    const rotations = [1n, 7n, 12n, 18n];
    let hash = word(lanes.reduce((sum, lane, index) => sum + rotated(lane, rotations[index] ?? 0n), 0n));
    for (const lane of lanes) hash = word((hash ^ round(0n, lane)) * prime1 + prime4);
    return hash;
  }

  #takeStripes(bytes: Uint8Array, from: number, to: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const halves = this.#halves;
    for (let at = from; at < to; at += 8) {
      const lane = ((at - from) >> 2) & 6;
      const productLow = multiply(
        view.getInt32(at, true),
        view.getInt32(at + 4, true),
        prime2Low,
        prime2High,
      );
      const sumLow = ((halves[lane] ?? 0) + productLow) | 0;
      const carry = sumLow >>> 0 < productLow >>> 0 ? 1 : 0;
      const sumHigh = ((halves[lane + 1] ?? 0) + upper + carry) | 0;
      // Rotating left by 31 is rotating right by one with the halves exchanged.
      const turnedLow = (sumLow << 31) | (sumHigh >>> 1);
      const turnedHigh = (sumHigh << 31) | (sumLow >>> 1);
      halves[lane] = multiply(turnedLow, turnedHigh, prime1Low, prime1High);
      halves[lane + 1] = upper;
    }
  }
}

/** The upper half of the last product. */
let upper = 0;

/** Multiplies two numbers given as halves. Returns the lower half of the product and sets `upper` to the upper half. */
function multiply(low: number, high: number, otherLow: number, otherHigh: number): number {
  const a = low & 0xffff;
  const b = low >>> 16;
  const c = otherLow & 0xffff;
  const d = otherLow >>> 16;
  const first = b * c + ((a * c) >>> 16);
  const second = a * d + (first & 0xffff);
  const carried = b * d + (first >>> 16) + (second >>> 16);
  upper = (carried + Math.imul(high, otherLow) + Math.imul(low, otherHigh)) | 0;
  return Math.imul(low, otherLow);
}

function word(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function rotated(value: bigint, by: bigint): bigint {
  return word((value << by) | (value >> (64n - by)));
}

function round(lane: bigint, input: bigint): bigint {
  return word(rotated(word(lane + input * prime2), 31n) * prime1);
}
