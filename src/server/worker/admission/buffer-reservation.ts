import { StreamCsvError } from "../../../errors.ts";
import type { ExportPlan } from "../../../export/plan.ts";
import type { ExportRun } from "../../../export/run.ts";
import { formatBytes } from "../../../units.ts";
import type { Link } from "../../../ipc/link.ts";
import type { PrimaryMethods, PrimaryNotes } from "../../protocol/messages.ts";

/**
 * The memory one buffered body takes, reserved with the primary before it is used.
 *
 * After the first chunk the whole body's size is foreseen and reserved at one go, so that building it is not cut up by
 * messages: a buffered body is made in one long slice, and the price of that is to be seen. Where the foreseen size
 * isn't to be had, the body goes on with what there is, since only its real size decides.
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
   * Hands on the chunks of a run, each when there is room for it.
   * @throws StreamCsvError `SCSV_BUFFER_MEMORY` when there is none left
   */
  async *admit(run: ExportRun, plan: ExportPlan): AsyncGenerator<Uint8Array, void, undefined> {
    let bytes = 0;
    for await (const chunk of run.chunks) {
      bytes += chunk.byteLength;
      if (bytes > this.#reservedBytes) {
        const atLeast = bytes - this.#reservedBytes;
        const foreseen = foresee(run, plan);
        // What is foreseen far too large takes only what it fills, so that it leaves room to others until it fails.
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

  /** Gives back what is still reserved. */
  release(): void {
    this.#giveBack(this.#reservedBytes);
  }

  #giveBack(bytes: number): void {
    if (bytes > 0) this.#primary.note("releaseBuffer", bytes);
    this.#reservedBytes -= bytes;
  }
}

/** The fault of a body that is larger than all buffered bodies together may be. */
export function tooLarge(leastBytesNeeded: number, limitBytes: number): StreamCsvError {
  const message = `This body needs at least ${formatBytes(leastBytesNeeded)}, and all buffered bodies together may take ${formatBytes(limitBytes)}.`;
  return new StreamCsvError("SCSV_BUFFER_MEMORY", message);
}

function noneLeft(neededBytes: number, limitBytes: number): StreamCsvError {
  const message = `This body needs ${formatBytes(neededBytes)} or more, and of the ${formatBytes(limitBytes)} for all buffered bodies too little is left by the others.`;
  return new StreamCsvError("SCSV_BUFFER_MEMORY", message);
}

/** Size of the whole body, as its rows so far foretell it, with a little to spare. */
function foresee({ progress }: ExportRun, { expectedRows }: ExportPlan): number {
  if (expectedRows === null || progress.rows === 0) return progress.bytes * 2;
  return Math.ceil((progress.bytes / progress.rows) * expectedRows * 1.02);
}
