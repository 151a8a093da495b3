import type { FilesOnDisk, SpoolFile, WrittenFile } from "./spool-file.ts";

/** A finished file: who reads it, and whether it is known to have the bytes that were written. */
export class Entry implements FilesOnDisk {
  readonly id: string;
  readonly written: WrittenFile;
  /** With the stamp of the file when it had these bytes; undefined until that is checked. */
  #checked: SpoolFile | undefined;
  #pins = 0;

  constructor(id: string, written: WrittenFile) {
    this.id = id;
    this.written = written;
  }

  get key(): string {
    return this.written.key;
  }

  get bytes(): number {
    return this.written.bytes;
  }

  get isPinned(): boolean {
    return this.#pins > 0;
  }

  /** Keeps the file from being removed until the returned function is called; calling it again does nothing. */
  pin(): () => void {
    let isPinned = true;
    this.#pins += 1;
    return () => {
      if (isPinned) this.#pins -= 1;
      isPinned = false;
    };
  }

  /** The file, if it was checked and had this stamp then. */
  checkedWith(stamp: string | undefined): SpoolFile | undefined {
    return this.#checked?.stamp === stamp ? this.#checked : undefined;
  }

  /** Records that the file has the bytes that were written, and this stamp. */
  markChecked(stamp: string): void {
    this.#checked = { ...this.written, stamp };
  }

  /** Has the file checked before it is given to anybody again. */
  doubt(): void {
    this.#checked = undefined;
  }
}
