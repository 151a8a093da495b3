import { StreamCsvError } from "../../../errors.ts";
import type { ExportPlan } from "../../../export/plan.ts";
import type { ExportRun } from "../../../export/run.ts";
import { formatBytes } from "../../../units.ts";
import type { Link } from "../../../ipc/link.ts";
import type { PrimaryMethods, PrimaryNotes } from "../../protocol/messages.ts";

/**
 * The memory of one buffered body, reserved with the primary before it is used.
 *
 * After the first chunk the size of the whole body is estimated and reserved at once, so that messages don't
 * interrupt the work: a buffered body is made in one long slice, and the benchmark must show what that costs. If less
 * is available, the body continues with that, because only its real size decides.
 */
export class BufferReservation {
  readonly #primary: Link<PrimaryMethods, PrimaryNotes>;
  readonly #limitBytes: number;
  #reservedBytes = 0;

  constructor(primary: Link<PrimaryMethods, PrimaryNotes>, limitBytes: number) {
    this.#primary = primary;
    this.#limitBytes = limitBytes;
  }

  /**
   * Yields the chunks of a run, each after memory for it is reserved.
   * @throws StreamCsvError `SCSV_BUFFER_MEMORY` if too little memory is left
   */
  async *admit(run: ExportRun, plan: ExportPlan): AsyncGenerator<Uint8Array, void, undefined> {
    let bytes = 0;
    for await (const chunk of run.chunks) {
      bytes += chunk.byteLength;
      if (bytes > this.#reservedBytes) {
        const atLeast = bytes - this.#reservedBytes;
        const foreseen = foresee(run, plan);
        // If the estimate exceeds the limit, reserve only as the buffer grows, so other transfers can use the rest
        // until this one fails.
        const wanted = foreseen > this.#limitBytes ? atLeast : foreseen - this.#reservedBytes;
        const granted = await this.#primary.call("reserveBuffer", { atLeast, wanted });
        if (granted === 0) {
          throw bytes > this.#limitBytes
            ? tooLarge(bytes, this.#limitBytes)
            : noneLeft(bytes, this.#limitBytes);
        }
        this.#reservedBytes += granted;
      }
      yield chunk;
    }
    this.#giveBack(this.#reservedBytes - bytes);
  }

  /** Releases the remaining reservation. */
  release(): void {
    this.#giveBack(this.#reservedBytes);
  }

  #giveBack(bytes: number): void {
    if (bytes > 0) this.#primary.note("releaseBuffer", bytes);
    this.#reservedBytes -= bytes;
  }
}

/** The error for a body larger than the limit of all buffered bodies together. */
export function tooLarge(leastBytesNeeded: number, limitBytes: number): StreamCsvError {
  const message = `This body needs at least ${formatBytes(leastBytesNeeded)}, and all buffered bodies together may take ${formatBytes(limitBytes)}.`;
  return new StreamCsvError("SCSV_BUFFER_MEMORY", message);
}

function noneLeft(neededBytes: number, limitBytes: number): StreamCsvError {
  const message = `This body needs ${formatBytes(neededBytes)} or more. Other bodies use too much of the ${formatBytes(limitBytes)} for all buffered bodies.`;
  return new StreamCsvError("SCSV_BUFFER_MEMORY", message);
}

/** Estimates the size of the whole body from its rows so far, plus 2 %. */
function foresee({ progress }: ExportRun, { expectedRows }: ExportPlan): number {
  if (expectedRows === null || progress.rows === 0) return progress.bytes * 2;
  return Math.ceil((progress.bytes / progress.rows) * expectedRows * 1.02);
}
