/** Locks are numbered: taking over a lock means creating the next one, so an existing file is never written again. */
const lockName = /^\.stream-csv\.lock\.(\d+)$/;

/** Whether a file in a folder is a lock of it, by its name. */
export function isLockName(name: string): boolean {
  return lockName.test(name);
}

/** The number in the name of a lock. */
export function lockNumberOf(name: string): number {
  return Number(lockName.exec(name)?.[1]);
}
