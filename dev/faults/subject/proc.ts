import { readdir, readFile, readlink } from "node:fs/promises";

/** The role of a server process, by the program it runs. */
export type ProcessRole = "primary" | "worker" | "builder" | "other";

/** Processes whose environment has a variable with this value, even if their parent has ended. */
export async function processesWith(name: string, value: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const marked = await Promise.all(
    pids.map(async (pid) => (await textOf(`/proc/${pid}/environ`)).split("\0").includes(`${name}=${value}`)),
  );
  return pids.filter((_, index) => marked[index]);
}

export async function roleOf(pid: number): Promise<ProcessRole> {
  const command = (await textOf(`/proc/${pid}/cmdline`)).split("\0");
  if (command.some((word) => word.endsWith("/bundle/worker.js"))) return "worker";
  if (command.some((word) => word.endsWith("/bundle/builder.js"))) return "builder";
  return command.includes("serve") ? "primary" : "other";
}

/** The letter of proc(5) for a process: R, S, D, T, Z; empty when there is none. */
async function stateOf(pid: number): Promise<string> {
  return /\) ([A-Z]) /.exec(await textOf(`/proc/${pid}/stat`))?.[1] ?? "";
}

/** Whether a process runs or is stopped; a zombie counts as ended. */
export async function isAlive(pid: number): Promise<boolean> {
  return !["", "Z", "X"].includes(await stateOf(pid));
}

/** The targets of a process's descriptors; empty once it has ended. */
export async function descriptorsOf(pid: number): Promise<readonly string[]> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const targets = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => "")));
  return targets.filter((target) => target !== "");
}

/** The number of descriptors of each kind: `socket 12, pipe 3, /tmp/x 1`. */
export function describeDescriptors(targets: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const target of targets) {
    const kind = target.replace(/:\[?.*/, "");
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts]
    .toSorted((first, second) => second[1] - first[1])
    .slice(0, 8)
    .map(([kind, count]) => `${kind} ${count}`)
    .join(", ");
}

export async function residentBytesOf(pid: number): Promise<number> {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(await textOf(`/proc/${pid}/status`))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** Signals a process; false if it had ended already. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

async function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
