import type { FileHandle } from "node:fs/promises";

/**
 * Whether a Parquet file has encrypted columns or an encrypted footer (Parquet format, Encryption.md). Its footer then ends in
 * `PARE` or names an algorithm. DuckDB itself can't report such a footer if it contains keys that are not text.
 */
export async function isEncrypted(handle: FileHandle, sizeBytes: number): Promise<boolean> {
  // The first read is enough for most footers.
  const end = await bytesOf(handle, Math.max(0, sizeBytes - usualBytes), Math.min(usualBytes, sizeBytes));
  const magic = end.toString("latin1", Math.max(0, end.length - 4));
  if (magic === "PARE") return true;
  if (magic !== "PAR1" || end.length < 12) return false;
  const footerBytes = end.readUInt32LE(end.length - 8);
  if (footerBytes > sizeBytes - 12) return false;
  const footer =
    footerBytes + 8 <= end.length
      ? end.subarray(end.length - 8 - footerBytes, end.length - 8)
      : await bytesOf(handle, sizeBytes - 8 - footerBytes, footerBytes);
  return hasField(footer, encryptionField);
}

const usualBytes = 32 * 1024;

/** Field `encryption_algorithm` of `FileMetaData` (parquet.thrift). */
const encryptionField = 8;

async function bytesOf(handle: FileHandle, from: number, count: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, from);
  return buffer.subarray(0, bytesRead);
}

/** Whether a struct in Thrift's compact protocol has a field. It is false for bytes that are not such a struct. */
function hasField(bytes: Buffer, wanted: number): boolean {
  const reader = new CompactReader(bytes);
  try {
    for (let id = 0; ;) {
      const field = reader.field(id);
      if (field === undefined) return false;
      ({ id } = field);
      if (id === wanted) return true;
      reader.skip(field.type);
    }
  } catch (error) {
    // DuckDB reports a damaged footer.
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Skips values in Thrift's compact protocol (thrift-compact-protocol.md). @throws RangeError at the end of the bytes */
class CompactReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Returns the head of the next field, given the id of the previous one, or undefined at the end of a struct. */
  field(before: number): { readonly id: number; readonly type: number } | undefined {
    const head = this.#byte();
    if (head === 0) return undefined;
    const step = head >> 4;
    return { id: step === 0 ? this.#zigzag() : before + step, type: head & 0x0f };
  }

  /** Skips a value. Booleans of fields are in the field's head. */
  skip(type: number, depth = 0): void {
    if (depth > 64) throw new RangeError("nested too deeply");
    switch (type) {
      case 1:
      case 2:
        return;
      case 3:
        this.#move(1);
        return;
      case 4:
      case 5:
      case 6:
        this.#varint();
        return;
      case 7:
        this.#move(8);
        return;
      case 8:
        this.#move(this.#varint());
        return;
      case 9:
      case 10:
        this.#skipList(depth);
        return;
      case 12:
        for (let id = 0; ;) {
          const field = this.field(id);
          if (field === undefined) return;
          ({ id } = field);
          this.skip(field.type, depth + 1);
        }
      default:
        throw new RangeError(`type ${type} is unknown`);
    }
  }

  #skipList(depth: number): void {
    const head = this.#byte();
    const count = head >> 4 === 15 ? this.#varint() : head >> 4;
    const type = head & 0x0f;
    // A boolean in a list takes a byte.
    for (let index = 0; index < count; index += 1) this.skip(type <= 2 ? 3 : type, depth + 1);
  }

  #byte(): number {
    const byte = this.#bytes.readUInt8(this.#at);
    this.#at += 1;
    return byte;
  }

  #move(count: number): void {
    this.#at += count;
    if (this.#at > this.#bytes.length) throw new RangeError("behind the end");
  }

  /** 64-bit numbers lose low digits, but a length never has so many. */
  #varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
