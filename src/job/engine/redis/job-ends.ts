import type { Logger } from "pino";
import { toError } from "../../../errors.ts";
import type { JobStats } from "../../job-engine.ts";
import type { JobRecord } from "../../job.ts";

/** What has been made here. */
export type JobsMade = Pick<JobStats, "completed" | "failed" | "cancelled" | "rows" | "bytes">;

/** Logs and counts jobs whose end this process has recorded; another process does so for its own. */
export class JobEnds {
  readonly #log: Logger;
  #made: JobsMade = { completed: 0, failed: 0, cancelled: 0, rows: 0, bytes: 0 };

  constructor(log: Logger) {
    this.#log = log;
  }

  get made(): JobsMade {
    return this.#made;
  }

  /** @param cause why the job failed, for the log alone */
  note(job: JobRecord, cause?: unknown): void {
    const { id, export: name, owner, state, rows, bytes, createdAt, startedAt, endedAt, error } = job;
    const line = {
      job: id,
      export: name,
      ...(owner === null ? {} : { token: owner }),
      state,
      rows,
      bytes,
      queuedMs: millisecondsBetween(createdAt, startedAt ?? endedAt),
      runMs: millisecondsBetween(startedAt, endedAt),
    };
    if (state === "failed")
      this.#log.error({ ...line, err: cause === undefined ? error : toError(cause) }, "job failed");
    else this.#log.info(line, `job ${state}`);
    if (state !== "completed" && state !== "failed" && state !== "cancelled") return;
    const made = { ...this.#made, [state]: this.#made[state] + 1 };
    this.#made =
      state === "completed" ? { ...made, rows: made.rows + rows, bytes: made.bytes + bytes } : made;
  }
}

function millisecondsBetween(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : Date.parse(to) - Date.parse(from);
}
