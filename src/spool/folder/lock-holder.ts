import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { isCodedError } from "../../errors.ts";

/**
 * Describes the process that holds a lock, so that processes in other containers and on other machines can recognise
 * it.
 */
export interface LockHolder {
  readonly host: string;
  /** Changes with each boot of the machine; empty if the system doesn't provide it. */
  readonly boot: string;
  /** The namespace of the process id; empty if the system doesn't provide it. */
  readonly pidNamespace: string;
  readonly pid: number;
  /** When the process started, in ticks since boot. A reused process id has another start time. */
  readonly startTicks: string;
  /** Random; identifies this lock. */
  readonly id: string;
}

/** Describes this process as the holder of a lock. */
export async function ownHolder(id: string): Promise<LockHolder> {
  return {
    host: hostname(),
    boot: ((await readIfThere("/proc/sys/kernel/random/boot_id")) ?? "").trim(),
    pidNamespace: await ownPidNamespace(),
    pid: process.pid,
    startTicks: await startTicksOf(process.pid),
    id,
  };
}

/** The text of a lock. */
export function formatHolder(holder: LockHolder): string {
  return `${JSON.stringify(holder)}\n`;
}

/** Parses the text of a lock; undefined while it is incomplete. */
export function parseHolder(text: string): LockHolder | undefined {
  if (!text.endsWith("\n")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isHolder(value) ? value : undefined;
  } catch {
    // Half a line, or not a lock of this program: the holder is unknown.
    return undefined;
  }
}

/** Whether two processes share a process id namespace, so that one can look for the other. */
export function isSameNamespace(one: LockHolder, other: LockHolder): boolean {
  return isSameMachine(one, other) && one.pidNamespace !== "" && one.pidNamespace === other.pidNamespace;
}

function isSameMachine(one: LockHolder, other: LockHolder): boolean {
  return one.boot !== "" && one.boot === other.boot;
}

/** Whether a process of this namespace still runs. The same id with another start time is another process. */
export async function isRunning({ pid, startTicks }: LockHolder): Promise<boolean> {
  return exists(pid) && (await startTicksOf(pid)) === startTicks;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process exists, but belongs to another user.
    return isCodedError(error) && error.code === "EPERM";
  }
}

/** Field 22 of stat, see proc(5); empty for a process that is gone, and for all processes without /proc. */
async function startTicksOf(pid: number): Promise<string> {
  const stat = (await readIfThere(`/proc/${pid}/stat`)) ?? "";
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

async function ownPidNamespace(): Promise<string> {
  try {
    return await readlink("/proc/self/ns/pid");
  } catch {
    // Without /proc, or in a sandbox that hides it, only the times of locks decide.
    return "";
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch {
    // /proc is missing, the process has just ended, or a sandbox hides it.
    return undefined;
  }
}

function isHolder(value: unknown): value is LockHolder {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  const texts = ["host", "boot", "pidNamespace", "startTicks", "id"];
  return (
    Number.isSafeInteger(fields["pid"]) &&
    Number(fields["pid"]) > 0 &&
    texts.every((name) => typeof fields[name] === "string")
  );
}
