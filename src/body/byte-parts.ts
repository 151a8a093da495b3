const blockBytes = 64 * 1024;
const smallBytes = 8 * 1024;

/**
 * Bytes in a list of parts, so that appending doesn't copy big parts and memory stays close to the number of bytes.
 *
 * Small parts are gathered into blocks of 64 KiB, because the overhead of a million parts of a hundred bytes would
 * exceed their content. Big parts are kept without a copy, so the caller must not change them.
 */
export class ByteParts {
  #parts: Uint8Array[] = [];
  #small: Uint8Array[] = [];
  #smallLength = 0;
  #byteLength = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  append(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return;
    this.#byteLength += bytes.byteLength;
    if (bytes.byteLength < smallBytes) {
      this.#small.push(bytes);
      this.#smallLength += bytes.byteLength;
      if (this.#smallLength >= blockBytes) this.#gather();
    } else {
      this.#gather();
      this.#parts.push(bytes);
    }
  }

  /** The parts in order; big parts are not copied. */
  get parts(): readonly Uint8Array[] {
    this.#gather();
    return this.#parts;
  }

  /** All bytes as one array. The first call joins the parts and keeps the result instead of them. */
  join(): Uint8Array {
    this.#gather();
    const [first] = this.#parts;
    if (first !== undefined && this.#parts.length === 1) return first;
    const whole = concatenate(this.#parts, this.#byteLength);
    this.#parts = whole.byteLength === 0 ? [] : [whole];
    return whole;
  }

  #gather(): void {
    if (this.#smallLength === 0) return;
    const [first] = this.#small;
    const isAlone = first !== undefined && this.#small.length === 1;
    this.#parts.push(isAlone ? first : concatenate(this.#small, this.#smallLength));
    this.#small = [];
    this.#smallLength = 0;
  }
}

function concatenate(parts: readonly Uint8Array[], byteLength: number): Uint8Array {
  const whole = new Uint8Array(byteLength);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole;
}
