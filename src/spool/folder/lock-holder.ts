import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { isCodedError } from "../../errors.ts";

/** A process that has a lock, so described that processes of other containers and machines can tell it from their own. */
export interface LockHolder {
  readonly host: string;
  /** Different after each start of the machine; empty where the system doesn't tell. */
  readonly boot: string;
  /** The namespace in which the process id counts; empty where the system doesn't tell. */
  readonly pidNamespace: string;
  readonly pid: number;
  /** When the process started, in ticks since the machine did: a process id is used again, with another start. */
  readonly startTicks: string;
  /** Random, so that a lock can be told from every other one. */
  readonly id: string;
}

/** This process as the holder of a lock. */
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

/** What a lock says; undefined while it isn't whole. */
export function parseHolder(text: string): LockHolder | undefined {
  if (!text.endsWith("\n")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isHolder(value) ? value : undefined;
  } catch {
    // Half a line, or not a lock of this program: nobody is known to hold it.
    return undefined;
  }
}

/** Whether two processes have the same process ids, so that the one can look for the other. */
export function isSameNamespace(one: LockHolder, other: LockHolder): boolean {
  return isSameMachine(one, other) && one.pidNamespace !== "" && one.pidNamespace === other.pidNamespace;
}

/** Whether two processes run on the same machine, and so have the same clock. */
export function isSameMachine(one: LockHolder, other: LockHolder): boolean {
  return one.boot !== "" && one.boot === other.boot;
}

/** Whether a process of this namespace still runs: the same number with another start is another process. */
export async function isRunning({ pid, startTicks }: LockHolder): Promise<boolean> {
  return exists(pid) && (await startTicksOf(pid)) === startTicks;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is one, of another user.
    return isCodedError(error) && error.code === "EPERM";
  }
}

/** Field 22 of stat, see proc(5); empty for a process that is gone, and for all where /proc isn't. */
async function startTicksOf(pid: number): Promise<string> {
  const stat = (await readIfThere(`/proc/${pid}/stat`)) ?? "";
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

async function ownPidNamespace(): Promise<string> {
  try {
    return await readlink("/proc/self/ns/pid");
  } catch {
    // Without /proc, or where a sandbox hides it, locks are judged by their times alone.
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
