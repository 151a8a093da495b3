import { StreamCsvError } from "../../errors.ts";
import type { ExportProgress } from "../../body/encode-batches.ts";
import type { ServedSource } from "../../export/served-source.ts";
import { buildFile, digestFile } from "../../spool/builder/build-file.ts";
import type { FileChecker, FileMaker } from "../../spool/spool-file.ts";
import type { Spool } from "../../spool/spool.ts";
import type { JobResult } from "../job.ts";
import type { JobMaking, JobOffer, JobStore, StoredJob } from "../job-store.ts";

/**
 * Results in the folder of prepared files. A result is the prepared file of its plan: a request with `delivery=file` for the
 * same plan gets it too, and jobs of one plan share one build. It isn't removed to make room while its job keeps it.
 */
export class FolderStore implements JobStore {
  readonly kind = "folder";
  readonly #spool: Spool;
  readonly #checker: FileChecker;
  readonly #sources: readonly (string | ServedSource)[];
  /** The functions that give up the results, by job. */
  readonly #kept = new Map<string, () => void>();

  /** @param checker checks whether a result is unchanged, however many are asked for at once */
  constructor(spool: Spool, checker: FileChecker, sources: readonly (string | ServedSource)[]) {
    this.#spool = spool;
    this.#checker = checker;
    this.#sources = sources;
  }

  async make(
    job: JobMaking,
    {
      signal,
      onProgress,
    }: { readonly signal: AbortSignal; readonly onProgress: (progress: ExportProgress) => void },
  ): Promise<JobResult> {
    const { id: label, export: name, parameters, version, key } = job;
    const request = { name, sources: this.#sources, parameters, version, key, label };
    const maker: FileMaker = {
      build: (path, room, stop) => buildFile({ ...request, path }, room, stop, { onProgress }),
      digest: ({ path }, stop) => digestFile(path, stop),
      // The engine runs only so many jobs at once.
      needsNoSlot: true,
    };
    const { file, release } = await this.#spool.acquire(key, maker, signal);
    this.#kept.set(job.id, release);
    const { rows, bytes, guardedCells, sha256 } = file;
    return { rows, bytes, guardedCells, sha256 };
  }

  adopt({ id, key }: StoredJob): Promise<boolean> {
    const release = this.#spool.keep(key);
    if (release !== undefined) this.#kept.set(id, release);
    return Promise.resolve(release !== undefined);
  }

  async offer({ id, key, result }: StoredJob, signal: AbortSignal): Promise<JobOffer> {
    const lease = await this.#spool.acquire(key, this.#checker, signal);
    if (lease === undefined) throw lost(id);
    if (lease.file.sha256 === result.sha256) return { kind: "file", lease };
    // Live rows of one version have been made anew after the file was lost, and differ.
    lease.release();
    throw lost(id);
  }

  async remove({ id, key }: StoredJob): Promise<void> {
    this.#kept.get(id)?.();
    this.#kept.delete(id);
    await this.#spool.discard(key);
  }

  close(): Promise<void> {
    // The spool's own `close` ends what is being built.
    return Promise.resolve();
  }
}

function lost(id: string): StreamCsvError {
  return new StreamCsvError(
    "SCSV_JOB_RESULT_LOST",
    `The result of the job "${id}" was removed or changed by another program.`,
  );
}
