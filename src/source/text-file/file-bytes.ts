import type { GuardedFile } from "../guarded-file.ts";

/** Bytes in the order they come, before anything is known of their encoding. */
export interface RawBytes {
  /** What a place among the bytes is counted in, for messages. */
  readonly extent: "the file" | "the decompressed file";
  /** Reads the next bytes to `target`, from place `at` on, as many as are there and fit; 0 at the end. */
  read(target: Uint8Array, at: number): Promise<number>;
  /** Closes the file; a read under way is waited for. A second call does nothing. */
  close(): Promise<void>;
}

/**
 * The bytes of a file as they are stored. The file is checked against its version before its last bytes are given, so
 * that a change is found while whoever sends them hasn't sent everything yet.
 */
export class FileBytes implements RawBytes {
  readonly extent = "the file";
  readonly file: GuardedFile;
  /** Where the next byte is read from. */
  position = 0;

  constructor(file: GuardedFile) {
    this.file = file;
  }

  async read(target: Uint8Array, at: number): Promise<number> {
    const { bytesRead } = await this.file.handle.read(target, at, target.length - at, this.position);
    this.position += bytesRead;
    if (bytesRead === 0 || this.position >= this.file.sizeBytes) await this.file.checkBytes();
    return bytesRead;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
