/**
 * The bytes of one reading of a text file: decompressed, valid UTF-8 whatever the file's encoding, and without a byte order
 * mark. It holds one block. The caller that opened it closes it.
 */
export interface ByteReader {
  /**
   * Reads the next available bytes that fit into `target`, from position `at` on. Returns their number, 0 at the end of the
   * file. A character may be split between two reads.
   * @throws StreamCsvError `SCSV_SOURCE_UNREADABLE` with the byte's place in the file where it is not in its encoding or
   * its compression is damaged; `SCSV_SOURCE_CHANGED` at the end, when the file was written to since it was opened
   */
  read(target: Uint8Array, at: number): Promise<number>;
  /** Waits for a pending read and closes the file. A second call does nothing. */
  close(): Promise<void>;
}
