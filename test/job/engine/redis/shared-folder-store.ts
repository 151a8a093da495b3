import { createHash } from "node:crypto";
import { appendFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { StreamCsvError } from "../../../../src/errors.ts";
import type { JobOffer, JobStore, StoredJob } from "../../../../src/job/job-store.ts";
import { resultName, type JobResult, type JobTask } from "../../../../src/job/job.ts";

/** A line of the journal: what happened to an attempt, when, and in which process. */
export interface JournalLine {
  readonly what: "start" | "publish" | "end" | "remove";
  readonly job: string;
  readonly attempt: number;
  readonly key: string;
  readonly process: number;
  readonly atMs: number;
}

/** The text of a job of the tests: some parts that depend on its key. */
export function textOf(key: string): string {
  return `${key}\r\n`.repeat(100);
}

export const sha256Of = (text: string): string => createHash("sha256").update(text).digest("hex");

/**
 * A store in a folder that all processes of a test share. A job takes `ms` of its parameters, and fails where its export is
 * "broken". A journal says what happened.
 */
export class SharedFolderStore implements JobStore {
  readonly kind = "s3";
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string): Promise<SharedFolderStore> {
    await mkdir(folder, { recursive: true });
    return new SharedFolderStore(folder);
  }

  async make(job: JobTask, { signal, onProgress }: Parameters<JobStore["make"]>[1]): Promise<JobResult> {
    await this.#note("start", job);
    const path = this.#path(job);
    const text = textOf(job.key);
    try {
      const part = Number(job.parameters.values["ms"]);
      for (let done = 1; done <= 10; done += 1) {
        await sleep(part / 10, undefined, { signal }).catch(() => signal.throwIfAborted());
        onProgress({ rows: done * 10, bytes: done * 100, guardedCells: 0 });
        await writeFile(`${path}.part`, text.slice(0, (text.length * done) / 10));
      }
      if (job.export === "broken")
        throw new StreamCsvError("SCSV_QUERY_FAILED", "The query failed (SQLSTATE 22012).");
      await rename(`${path}.part`, path);
      await this.#note("publish", job);
    } finally {
      await rm(`${path}.part`, { force: true });
      await this.#note("end", job);
    }
    return { rows: 100, bytes: text.length, guardedCells: 0, sha256: sha256Of(text) };
  }

  adopt(): Promise<boolean> {
    return Promise.resolve(true);
  }

  offer(job: StoredJob): Promise<JobOffer> {
    return Promise.resolve({ kind: "url", url: this.#path(job), headUrl: this.#path(job) });
  }

  async remove(job: StoredJob): Promise<void> {
    await this.#note("remove", job);
    await rm(this.#path(job), { force: true });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The text of a published result. */
  async read(job: Pick<JobTask, "id" | "attempt">): Promise<string> {
    return await readFile(this.#path(job), "utf8");
  }

  async journal(): Promise<readonly JournalLine[]> {
    const text = await readFile(join(this.#folder, "journal"), "utf8").catch(() => "");
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as JournalLine);
  }

  async #note(
    what: JournalLine["what"],
    { id, attempt = 1, key }: Pick<JobTask, "id" | "attempt" | "key">,
  ): Promise<void> {
    const line: JournalLine = { what, job: id, attempt, key, process: process.pid, atMs: Date.now() };
    await appendFile(join(this.#folder, "journal"), `${JSON.stringify(line)}\n`);
  }

  #path(job: Pick<JobTask, "id" | "attempt">): string {
    return join(this.#folder, `${resultName(job)}.csv`);
  }
}
