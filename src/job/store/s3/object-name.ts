import type { StoredJob } from "../../job-store.ts";
import { resultName } from "../../job.ts";

/**
 * The name of the object of a result. The attempt and the digest are parts of it, because a job that seemed dead may be made
 * twice at the same time: each record of a result has the object with exactly its bytes, and no other attempt removes it.
 */
export function objectNameOf(
  prefix: string,
  job: Pick<StoredJob, "id" | "attempt" | "filename">,
  sha256: string,
): string {
  return `${prefix}${resultName(job)}/${sha256.slice(0, 16)}/${job.filename}`;
}

/** The name under which an attempt uploads a result in parts, before its digest is known. */
export function partialNameOf(
  prefix: string,
  job: Pick<StoredJob, "id" | "attempt">,
  upload: string,
): string {
  return `${prefix}${resultName(job)}/${upload}.partial`;
}

/** Whether a name has the form of one of these two, so that nothing of another program is taken for an unfinished result. */
export function isOwnName(prefix: string, name: string): boolean {
  if (!name.startsWith(prefix)) return false;
  return /^[^/]+\/(?:[0-9a-f-]{36}\.partial|[0-9a-f]{16}\/[^/]+)$/.test(name.slice(prefix.length));
}
