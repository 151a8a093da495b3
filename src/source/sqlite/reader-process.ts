import { spawn, type ChildProcess } from "node:child_process";
import type { Duplex, Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { StreamCsvError, toError } from "../../errors.ts";
import { notStartedFault } from "../../ipc/not-started-fault.ts";
import { ownProgram } from "../../own-program.ts";
import { frameHeadBytes, frameKinds, type ReaderMessage, type ReaderRequest } from "./protocol.ts";

/** What a reader process sent: a message, or a batch in memory that is used again for the next one. */
export type ReaderFrame =
  | { readonly kind: "message"; readonly message: ReaderMessage }
  | { readonly kind: "batch"; readonly bytes: Uint8Array };

/** A batch of strings outlives a young generation of 1 MB: with 4 MB, a reading takes less time, and no more memory. */
const readerFlags = ["--max-semi-space-size=4", "--no-warnings"];

/**
 * A process that reads SQLite databases. It answers one request at a time.
 *
 * Nothing is read from its pipe while nobody asks for a frame, so the process stops once the pipe is full. Memory is the largest
 * frame. The process ends when it is killed, and by itself when this process ends.
 */
export class ReaderProcess {
  readonly #child: ChildProcess;
  /** Requests go out and frames come in. A process that couldn't be started may have none. */
  readonly #channel: Duplex | undefined;
  #received: Buffer[] = [];
  #receivedBytes = 0;
  #neededBytes = 0;
  #frame = new Uint8Array(0);
  #wake: (() => void) | undefined;
  #ended: Error | undefined;
  /** Resolves when the process is gone. */
  readonly exited: Promise<void>;

  /** @throws StreamCsvError `SCSV_BUSY` for a lack of memory; any other reason not to start fails {@link next} */
  constructor() {
    const child = startReader();
    this.#child = child;
    this.#channel = pipesOf(child)[4] as Duplex | undefined;
    this.exited = new Promise((resolve) => {
      child.once("error", (error) => {
        this.#end(notStartedFault("read the SQLite database", error));
        resolve();
      });
      child.once("close", (code, signal) => {
        this.#end(died(signal ?? `exit code ${code}`));
        resolve();
      });
    });
    this.#channel?.on("data", (chunk: Buffer) => {
      this.#received.push(chunk);
      this.#receivedBytes += chunk.byteLength;
      if (this.#receivedBytes < this.#neededBytes) return;
      this.#channel?.pause();
      this.#wake?.();
    });
    this.#channel?.pause();
    // A pipe that breaks is reported by the end of the process.
    for (const pipe of this.#pipes) pipe.on("error", () => undefined);
  }

  ask(request: ReaderRequest): void {
    const payload = Buffer.from(JSON.stringify(request), "utf8");
    const head = Buffer.alloc(4);
    head.writeUInt32LE(payload.byteLength);
    this.#channel?.write(Buffer.concat([head, payload]));
  }

  /**
   * Waits for the next frame. A batch is valid until the next call.
   * @throws StreamCsvError `SCSV_WORKER_FAILED` when the process has ended
   */
  async next(): Promise<ReaderFrame> {
    await this.#receive(frameHeadBytes);
    const head = Buffer.from(this.#take(frameHeadBytes).slice());
    const length = head.readUInt32LE(0);
    const isBatch = head.readUInt32LE(4) === frameKinds.batch;
    await this.#receive(length);
    const bytes = this.#take(length);
    return isBatch
      ? { kind: "batch", bytes }
      : { kind: "message", message: JSON.parse(Buffer.from(bytes).toString("utf8")) as ReaderMessage };
  }

  /** Ends the process at once. */
  kill(): void {
    this.#child.kill("SIGKILL");
    for (const pipe of this.#pipes) pipe.destroy();
  }

  /** Whether this process stays alive as long as the reader process is there. */
  keepAlive(isKept: boolean): void {
    const change = isKept ? "ref" : "unref";
    this.#child[change]();
    for (const pipe of this.#pipes) (pipe as unknown as NodeJS.RefCounted)[change]();
  }

  get isAlive(): boolean {
    return this.#ended === undefined;
  }

  get #pipes(): readonly (Readable | Writable)[] {
    return pipesOf(this.#child).filter((pipe) => pipe !== null && pipe !== undefined);
  }

  async #receive(bytes: number): Promise<void> {
    this.#neededBytes = bytes;
    while (this.#receivedBytes < bytes) {
      if (this.#ended !== undefined) throw this.#ended;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#channel?.resume();
      });
    }
  }

  /** Moves received bytes to the start of the frame's memory. */
  #take(bytes: number): Uint8Array {
    if (bytes > this.#frame.byteLength) this.#frame = new Uint8Array(Math.max(bytes * 2, 256 * 1024));
    let taken = 0;
    while (taken < bytes) {
      const chunk = this.#received[0];
      if (chunk === undefined) break;
      const part = chunk.subarray(0, bytes - taken);
      this.#frame.set(part, taken);
      taken += part.byteLength;
      if (part.byteLength === chunk.byteLength) this.#received.shift();
      else this.#received[0] = chunk.subarray(part.byteLength);
    }
    this.#receivedBytes -= taken;
    return this.#frame.subarray(0, bytes);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    this.#wake?.();
  }
}

function startReader(): ChildProcess {
  const program = fileURLToPath(ownProgram("#sqlite-reader"));
  try {
    return spawn(process.execPath, [...readerFlags, program], {
      stdio: ["ignore", "ignore", "inherit", "pipe", "pipe"],
    });
  } catch (error) {
    throw notStartedFault("read the SQLite database", toError(error));
  }
}

/** Where no descriptor was left to start a process with, Node makes no pipes, which its types don't say. */
function pipesOf(child: {
  readonly stdio?: ChildProcess["stdio"];
}): readonly (Readable | Writable | null | undefined)[] {
  return child.stdio ?? [];
}

function died(how: string): StreamCsvError {
  return new StreamCsvError("SCSV_WORKER_FAILED", `The process that reads a SQLite database died (${how}).`);
}
