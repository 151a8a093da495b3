/**
 * Bytes of one reading of a text file: decompressed, in UTF-8 whatever the file's encoding, valid, and without a byte
 * order mark. It holds one block; who opens it closes it.
 */
export interface ByteReader {
  /**
   * Reads the next bytes to `target`, from place `at` on, as many as are there and fit; 0 at the end of the file. A character
   * may be divided between two reads.
   * @throws StreamCsvError `SCSV_SOURCE_UNREADABLE` with the byte's place in the file where it is not in its encoding or
   * its compression is damaged; `SCSV_SOURCE_CHANGED` at the end, when the file was written to since it was opened
   */
  read(target: Uint8Array, at: number): Promise<number>;
  /** Closes the file; a read under way is waited for. A second call does nothing. */
  close(): Promise<void>;
}
