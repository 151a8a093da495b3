import type { Batch } from "../../csv/batch.ts";
import { StreamCsvError } from "../../errors.ts";
import { receiveError } from "../../ipc/sent-error.ts";
import { decodeBatch } from "./decode-batch.ts";
import type { QueryRequest, ReaderMessage, ReadRequest, TablesRequest } from "./protocol.ts";
import { readerProcesses } from "./reader-processes.ts";

type Answer<K extends ReaderMessage["kind"]> = Extract<ReaderMessage, { readonly kind: K }>;

/** Has tables or a query described by a reader process. */
export async function askReader<R extends TablesRequest | QueryRequest>(
  request: R,
  signal: AbortSignal,
): Promise<Answer<R["kind"]>> {
  const lease = await readerProcesses.lease(signal);
  try {
    lease.reader.ask(request);
    const frame = await lease.reader.next();
    if (frame.kind === "batch") throw unexpected();
    lease.release();
    if (frame.message.kind === request.kind) return frame.message as Answer<R["kind"]>;
    throw faultIn(frame.message);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    lease.kill();
  }
}

/**
 * Reads rows in a reader process. `onBegun` runs when the snapshot is taken, before the first batch. The process is killed at once
 * when the signal is aborted, even while nobody asks for rows, and when the reading is returned; it is gone when this ends.
 * While it reads, `readings` has the promise of the end of its process.
 * @throws what the reading throws; `SCSV_BUSY`; `SCSV_WORKER_FAILED` when the process dies; the signal's reason when aborted
 */
export async function* readInProcess(
  request: ReadRequest,
  signal: AbortSignal,
  onBegun: () => Promise<void>,
  readings: Set<Promise<void>>,
): AsyncGenerator<Batch, void, undefined> {
  signal.throwIfAborted();
  const lease = await readerProcesses.lease(signal);
  const { reader } = lease;
  let isAnswered = false;
  readings.add(reader.exited);
  try {
    reader.ask(request);
    for (;;) {
      const frame = await reader.next();
      signal.throwIfAborted();
      if (frame.kind === "batch") {
        yield decodeBatch(frame.bytes);
        signal.throwIfAborted();
        continue;
      }
      if (frame.message.kind === "begun") {
        await onBegun();
        continue;
      }
      isAnswered = true;
      lease.release();
      if (frame.message.kind === "end") return;
      throw faultIn(frame.message);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    lease.kill();
    if (!isAnswered) await reader.exited;
    readings.delete(reader.exited);
  }
}

/** The fault that a reader process tells of. SQLite's own words are its cause. */
function faultIn(message: ReaderMessage): Error {
  if (message.kind !== "failed") return unexpected();
  const error = receiveError(message.error);
  if (message.words !== null)
    Object.defineProperty(error, "cause", { value: new Error(message.words), configurable: true });
  return error;
}

function unexpected(): StreamCsvError {
  return new StreamCsvError("SCSV_INTERNAL", "A process that reads SQLite sent a message nobody asked for.");
}
