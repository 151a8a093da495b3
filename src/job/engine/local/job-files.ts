import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { array, looseObject, nullable, number, picklist, record, safeParse, string, unknown } from "valibot";
import { isCodedError } from "../../../errors.ts";
import { mapConcurrently } from "../../../async/map-concurrently.ts";
import { ownFileStats, readOwnNote } from "../../../spool/own-file.ts";
import type { JobRecord } from "../../job.ts";

/** Larger than any record: a request's parameters are at most as long as its target. */
const mostBytes = 256 * 1024;
const recordName = /^([\da-f-]{36})\.json(\.part)?$/;

const result = looseObject({ sha256: string(), rows: number(), bytes: number(), guardedCells: number() });

const recordSchema = looseObject({
  id: string(),
  export: string(),
  parameters: looseObject({
    delivery: string(),
    rows: nullable(number()),
    seed: nullable(number()),
    columns: nullable(array(string())),
    filename: nullable(string()),
    dialect: string(),
    dialectOptions: record(string(), unknown()),
    encoder: nullable(string()),
    values: record(string(), unknown()),
  }),
  version: nullable(string()),
  key: string(),
  owner: nullable(string()),
  filename: string(),
  contentType: string(),
  expectedRows: nullable(number()),
  state: picklist(["queued", "running", "completed", "failed", "cancelled", "expired"]),
  rows: number(),
  bytes: number(),
  createdAt: string(),
  startedAt: nullable(string()),
  endedAt: nullable(string()),
  expiresAt: nullable(string()),
  error: nullable(looseObject({ code: string(), message: string() })),
  result: nullable(result),
});

/**
 * The records of jobs as files in a folder, one each, so that they survive the server. A file is replaced as a whole. Records of
 * other users, links and files of other names are left alone.
 */
export class JobFiles {
  readonly #folder: string;
  readonly #uid: number | undefined;
  /** The last write of each job, so that an older record never replaces a newer one. */
  readonly #writing = new Map<string, Promise<void>>();

  constructor(folder: string, uid: number | undefined) {
    this.#folder = folder;
    this.#uid = uid;
  }

  /**
   * The records, the oldest first. Half-written ones are removed.
   * @param onUnreadable called for each file that can't be read, or isn't a record; it is left alone
   */
  async read(onUnreadable: (path: string, error: unknown) => void): Promise<readonly JobRecord[]> {
    const found = await mapConcurrently(await this.#names(), async (name) => {
      const path = join(this.#folder, name);
      const [, id, isPart] = recordName.exec(name) ?? [];
      if (id === undefined) return undefined;
      try {
        if (isPart !== undefined) {
          if ((await ownFileStats(path, this.#uid)) !== undefined) await rm(path, { force: true });
          return undefined;
        }
        const text = await readOwnNote(path, this.#uid, mostBytes);
        if (text === undefined) return undefined;
        const job = parseRecord(text);
        if (job?.id !== id)
          throw new TypeError("The file isn't the record of the job that it is named after.");
        return job;
      } catch (error) {
        onUnreadable(path, error);
        return undefined;
      }
    });
    const records = found.filter((job) => job !== undefined);
    return records.toSorted((one, other) => (one.createdAt < other.createdAt ? -1 : 1));
  }

  /** The folder is made with the first record. */
  async #names(): Promise<readonly string[]> {
    return await readdir(this.#folder).catch((error: unknown) => {
      if (isCodedError(error) && error.code === "ENOENT") return [];
      throw error;
    });
  }

  /** Writes a record after earlier writes of the same job. When that fails, the earlier record stays, and nothing else. */
  async write(job: JobRecord): Promise<void> {
    await this.#after(job.id, async () => {
      const path = join(this.#folder, `${job.id}.json`);
      // Somebody may have removed the folder.
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      try {
        await writeFile(`${path}.part`, `${JSON.stringify(job)}\n`, { mode: 0o600 });
        await rename(`${path}.part`, path);
      } catch (error) {
        // Each file takes an inode, also where the disk was too full to write to it. If it can't be removed, the error of the write
        // still says what is wrong, and the next start removes it.
        await rm(`${path}.part`, { force: true }).catch(() => undefined);
        throw error;
      }
    });
  }

  async remove(id: string): Promise<void> {
    await this.#after(id, () => rm(join(this.#folder, `${id}.json`), { force: true }));
  }

  /** Resolves when nothing is being written. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#writing.values());
  }

  async #after(id: string, act: () => Promise<void>): Promise<void> {
    const before = this.#writing.get(id) ?? Promise.resolve();
    const writing = before.then(act, act);
    this.#writing.set(id, writing);
    try {
      await writing;
    } finally {
      if (this.#writing.get(id) === writing) this.#writing.delete(id);
    }
  }
}

/** A record; undefined for what isn't one, as after a power cut. */
function parseRecord(text: string): JobRecord | undefined {
  try {
    const { success, output } = safeParse(recordSchema, JSON.parse(text));
    return success ? (output as unknown as JobRecord) : undefined;
  } catch {
    // Not JSON, so not a record. The error would quote the text, which holds the values of parameters.
    return undefined;
  }
}
