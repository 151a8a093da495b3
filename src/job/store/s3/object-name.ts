import type { StoredJob } from "../../job-store.ts";

/**
 * The name of the object of a result. The digest is a part of it, because a job that seemed dead may be made twice at the
 * same time: each record of a result has the object with exactly its bytes.
 */
export function objectNameOf(
  prefix: string,
  { id, filename }: Pick<StoredJob, "id" | "filename">,
  sha256: string,
): string {
  return `${prefix}${id}/${sha256.slice(0, 16)}/${filename}`;
}

/** The name under which an attempt uploads a result in parts, before its digest is known. */
export function partialNameOf(prefix: string, id: string, attempt: string): string {
  return `${prefix}${id}/${attempt}.partial`;
}

/** Whether a name has the form of one of these two, so that nothing of another program is taken for an unfinished result. */
export function isOwnName(prefix: string, name: string): boolean {
  if (!name.startsWith(prefix)) return false;
  return /^[^/]+\/(?:[0-9a-f-]{36}\.partial|[0-9a-f]{16}\/[^/]+)$/.test(name.slice(prefix.length));
}
