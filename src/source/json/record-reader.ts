import { StreamCsvError } from "../../errors.ts";
import type { ByteReader } from "../text-file/byte-reader.ts";
import { closeBracket, comma, isJsonBlank, openBracket } from "./json-bytes.ts";
import { JsonFault } from "./json-fault.ts";
import type { RecordScanner } from "./record-scanner.ts";

/** Bytes of the file in memory; a longer record takes more. A larger block is not faster. */
const usualBytes = 256 * 1024;
/** The most bytes of a record. */
const mostRecordBytes = 32 * 1024 ** 2;
/** Zeros after the bytes. No token continues over a zero, so a scan need not check at every byte whether it is the last. */
const paddingBytes = 8;

/** The position between the records of the file. */
type Place =
  /** At the beginning of the file. */
  | "start"
  /** In an array, before its first record or its end. */
  | "array"
  /** In an array, after a record. */
  | "behind"
  /** In an array, after a comma. */
  | "comma"
  /** After the array. */
  | "end"
  /** Between records that are in no array. */
  | "between";

/**
 * Reads the records of a JSON file one by one: the elements of an array, or values that follow one another.
 *
 * It holds 256 KiB of the file, or a longer record. `next` scans the present records, and `fill` reads more bytes. `fill` changes
 * the positions of the bytes, and the positions in an incomplete record are adjusted.
 */
export class RecordReader {
  readonly scanner: RecordScanner;
  bytes: Uint8Array;
  /** The number of records so far. */
  count = 0;
  /** Whether the file has ended and is complete. */
  isEnded = false;
  /** Whether the records are objects, or null before the first record. */
  areObjects: boolean | null = null;

  readonly #path: string;
  readonly #reader: ByteReader;
  readonly #blockBytes: number;
  #view: DataView;
  #at = 0;
  #end = 0;
  /** The number of bytes of the file before the first one held. */
  #before = 0;
  #isLast = false;
  #place: Place = "start";
  #isInRecord = false;
  #recordStart = 0;
  /** Whether the next record is properly separated from what precedes it. */
  #isApart = true;

  /** @param path the file's, for messages */
  constructor(path: string, reader: ByteReader, scanner: RecordScanner, blockBytes = usualBytes) {
    this.#path = path;
    this.#reader = reader;
    this.scanner = scanner;
    this.#blockBytes = blockBytes;
    this.bytes = new Uint8Array(blockBytes + paddingBytes);
    this.#view = new DataView(this.bytes.buffer);
  }

  /**
   * Scans the next record, so that the scanner has its values. Returns false if the present bytes contain no complete record.
   * @throws StreamCsvError `SCSV_SOURCE_UNREADABLE` with the record's number and the byte
   */
  next(): boolean {
    try {
      if (!this.#isInRecord) {
        if (!this.#findRecord()) return false;
        this.#recordStart = this.#at;
        this.#isInRecord = true;
      }
      const end = this.scanner.scan(this.bytes, this.#view, this.#at, this.#end, this.#isLast);
      if (end < 0) return false;
      this.#endRecord(end);
      return true;
    } catch (error) {
      throw error instanceof JsonFault ? this.#fault(error) : error;
    }
  }

  /** Reads more bytes and drops those of finished records. */
  async fill(): Promise<void> {
    const keep = this.#isInRecord ? this.#recordStart : this.#at;
    const held = this.#end - keep;
    if (this.#isInRecord && held > mostRecordBytes) throw this.#fault(tooLong(this.#recordStart));
    // At least as many bytes as the last token has so far, so that scanning it again takes linear time in total.
    let wanted = this.#isInRecord
      ? Math.min(this.scanner.pendingBytes(this.#end), mostRecordBytes + 1 - held)
      : 0;
    this.#makeRoom(keep, held, held + Math.max(wanted, Math.ceil(this.#blockBytes / 2)));
    // No more than can be scanned in one turn of the event loop, even if a long record has made room for more.
    const most = Math.min(this.bytes.length - paddingBytes, this.#end + Math.max(wanted, this.#blockBytes));
    const space = this.bytes.subarray(0, most);
    do {
      const read = await this.#reader.read(space, this.#end);
      if (read === 0) {
        this.#isLast = true;
        break;
      }
      this.#end += read;
      wanted -= read;
    } while (wanted > 0);
    this.bytes.fill(0, this.#end, this.#end + paddingBytes);
  }

  /** Returns the fault of a file with another end than before, which `next` does not notice. */
  fault(reason: string): StreamCsvError {
    return this.#fault(new JsonFault(this.#at, reason));
  }

  #endRecord(end: number): void {
    if (end - this.#recordStart > mostRecordBytes) throw tooLong(this.#recordStart);
    const { isObject } = this.scanner;
    if (this.areObjects !== null && this.areObjects !== isObject)
      throw new JsonFault(
        this.#recordStart,
        `it is ${isObject ? "an object, but the records before it are not" : "not an object, but the records before it are"}: all must be objects, or none`,
      );
    this.areObjects = isObject;
    this.#isInRecord = false;
    this.#isApart = isObject;
    this.#at = end;
    this.count += 1;
    if (this.#place !== "between") this.#place = "behind";
  }

  /** Goes to the start of the next record. Returns false if more bytes are needed or there is no further record. */
  #findRecord(): boolean {
    for (;;) {
      while (isJsonBlank(this.bytes[this.#at] ?? 0)) {
        this.#at += 1;
        this.#isApart = true;
      }
      if (this.#at >= this.#end) {
        if (this.#isLast) this.#endFile();
        return false;
      }
      const byte = this.bytes[this.#at] ?? 0;
      switch (this.#place) {
        case "start":
          if (byte !== openBracket) {
            this.#place = "between";
            return true;
          }
          this.#place = "array";
          break;
        case "array":
          if (byte !== closeBracket) return true;
          this.#place = "end";
          break;
        case "behind":
          if (byte !== comma && byte !== closeBracket)
            throw new JsonFault(this.#at, "expected a comma or ] before it");
          this.#place = byte === comma ? "comma" : "end";
          break;
        case "comma":
          if (byte !== closeBracket) return true;
          throw new JsonFault(this.#at, "a comma stands before ]");
        case "end":
          throw new JsonFault(
            this.#at,
            "it follows the end of the array that holds the records: put all records into the array, or none",
          );
        case "between":
        default:
          if (this.#isApart && byte !== comma) return true;
          throw new JsonFault(
            this.#at,
            byte === comma
              ? "a comma stands before it, but no array holds the records: put all records between [ and ], or remove the comma"
              : "expected white space before it",
          );
      }
      this.#at += 1;
    }
  }

  #endFile(): void {
    if (this.#place === "array" || this.#place === "behind" || this.#place === "comma")
      throw new JsonFault(this.#at, "the file ends before ] closes the array that holds the records");
    this.isEnded = true;
  }

  /** Moves the bytes that are still needed to the beginning, and makes room for more. */
  #makeRoom(keep: number, held: number, needed: number): void {
    const size = this.bytes.length - paddingBytes;
    // The memory of a long record is released after it.
    const isTooLarge = size > 4 * this.#blockBytes && needed <= this.#blockBytes;
    if (needed > size || isTooLarge) {
      const bytes = new Uint8Array(
        (isTooLarge ? this.#blockBytes : Math.max(needed, Math.min(2 * size, mostRecordBytes))) +
          paddingBytes,
      );
      bytes.set(this.bytes.subarray(keep, this.#end));
      this.bytes = bytes;
      this.#view = new DataView(bytes.buffer);
    } else this.bytes.copyWithin(0, keep, this.#end);
    if (this.#isInRecord) this.scanner.rebase(keep);
    this.#at = this.#isInRecord ? 0 : this.#at - keep;
    this.#recordStart = 0;
    this.#before += keep;
    this.#end = held;
  }

  #fault({ at, message }: JsonFault): StreamCsvError {
    const place = this.#before + at;
    return new StreamCsvError(
      "SCSV_SOURCE_UNREADABLE",
      `Record ${this.count + 1} of ${JSON.stringify(this.#path)} can't be read, at byte ${place}: ${message}.`,
      {
        row: this.count + 1,
        hint: "Correct the file at that place, or write it anew with a tool that writes JSON.",
      },
    );
  }
}

function tooLong(at: number): JsonFault {
  return new JsonFault(
    at,
    `it is longer than ${mostRecordBytes / 1024 ** 2} MiB, which is the limit: divide it into several records`,
  );
}
