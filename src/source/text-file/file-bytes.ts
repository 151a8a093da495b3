import type { GuardedFile } from "../guarded-file.ts";

/** The bytes of a file in order, before their encoding is known. */
export interface RawBytes {
  /** What a byte's position refers to, for messages. */
  readonly extent: "the file" | "the decompressed file";
  /** Reads the next available bytes that fit into `target`, from position `at` on. Returns their number, 0 at the end. */
  read(target: Uint8Array, at: number): Promise<number>;
  /** Waits for a pending read and closes the file. A second call does nothing. */
  close(): Promise<void>;
}

/**
 * The stored bytes of a file. The file's version is checked before the last bytes are returned, so that a change is found
 * before a response has sent everything.
 */
export class FileBytes implements RawBytes {
  readonly extent = "the file";
  readonly file: GuardedFile;
  /** The position of the next byte. */
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
