/** Writes bytes without waiting for a reader, and reports how many of them were written. */
export type WriteBytes = (
  bytes: Buffer,
  done: (error: NodeJS.ErrnoException | null, written: number) => void,
) => void;

/** The most bytes of lines that wait to be written; beyond that, new lines are dropped. */
const sinkLimitBytes = 1024 ** 2;

/** The kernel writes this much atomically (PIPE_BUF), so that lines of several processes in one pipe don't mix. */
const batchBytes = 4096;
const retryMs = 50;

/**
 * Writes lines to a reader that may stop, disappear, or have a full disk. No write ever waits, memory is bounded, and
 * dropped lines are counted.
 */
export class LineSink {
  readonly #write: WriteBytes;
  readonly #onRecovered: (lostLines: number) => void;
  readonly #limitBytes: number;
  /** In order; the lines before `#next` are written. */
  #lines: Buffer[] = [];
  #next = 0;
  #waitingBytes = 0;
  /** The batch in progress: its unwritten rest, and its number of lines. */
  #batch: { rest: Buffer; readonly lines: number } | undefined;
  #droppedLines = 0;
  /** Lines dropped since the last one that was written. */
  #lostLines = 0;
  /** Whether the last written bytes were the start of a line whose rest was dropped. */
  #isMidLine = false;
  readonly #onEmpty = new Set<() => void>();

  /** @param onRecovered called when lines can be written again, with the number of lines dropped meanwhile */
  constructor(write: WriteBytes, onRecovered: (lostLines: number) => void, limitBytes = sinkLimitBytes) {
    this.#write = write;
    this.#onRecovered = onRecovered;
    this.#limitBytes = limitBytes;
  }

  /** Number of lines dropped so far. */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  /** Adds a line including its line end, or drops it if too much is waiting already. */
  add(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#waitingBytes + bytes.byteLength > this.#limitBytes) {
      this.#drop(1);
      return;
    }
    this.#lines.push(bytes);
    this.#waitingBytes += bytes.byteLength;
    if (this.#batch === undefined) this.#writeBatch();
  }

  /** Resolves when every line is written or dropped, or when the time is over. */
  async flush(limitMs: number): Promise<void> {
    if (this.#batch === undefined) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#onEmpty.delete(done);
        resolve();
      };
      const timer = setTimeout(done, limitMs);
      this.#onEmpty.add(done);
    });
  }

  #writeBatch(): void {
    const lines: Buffer[] = this.#isMidLine ? [Buffer.from("\n")] : [];
    let bytes = lines.length;
    let count = 0;
    for (let line = this.#lines[this.#next]; line !== undefined; line = this.#lines[this.#next]) {
      if (count > 0 && bytes + line.byteLength > batchBytes) break;
      lines.push(line);
      bytes += line.byteLength;
      count += 1;
      this.#next += 1;
    }
    if (this.#next === this.#lines.length) {
      this.#lines = [];
      this.#next = 0;
    }
    if (count === 0) {
      this.#batch = undefined;
      for (const done of this.#onEmpty) done();
      return;
    }
    this.#batch = { rest: Buffer.concat(lines), lines: count };
    this.#waitingBytes -= bytes - (this.#isMidLine ? 1 : 0);
    this.#writeRest(this.#batch);
  }

  #writeRest(batch: { rest: Buffer; readonly lines: number }): void {
    this.#write(batch.rest, (error, written) => {
      if (error?.code === "EAGAIN") {
        setTimeout(() => this.#writeRest(batch), retryMs).unref();
        return;
      }
      if (error !== null) {
        this.#drop(batch.lines);
        this.#writeBatch();
        return;
      }
      this.#isMidLine = written < batch.rest.byteLength;
      if (this.#isMidLine) {
        batch.rest = batch.rest.subarray(written);
        this.#writeRest(batch);
        return;
      }
      this.#recover();
      this.#writeBatch();
    });
  }

  #drop(lines: number): void {
    this.#droppedLines += lines;
    this.#lostLines += lines;
  }

  #recover(): void {
    const lost = this.#lostLines;
    this.#lostLines = 0;
    if (lost > 0) this.#onRecovered(lost);
  }
}
