import { readdir, readlink } from "node:fs/promises";
import { readProcFile } from "./proc-file.ts";

/** State of a listening socket in /proc/net/tcp. */
const listening = "0A";

/** Which process listens at a port of this machine. */
export type Listener =
  /** One of the processes asked about. */
  | { readonly place: "inside" }
  /** Another one; its id where this user may see it. */
  | { readonly place: "outside"; readonly pid: number | null }
  /** None that this network namespace shows. */
  | { readonly place: "none" };

/** Finds out whether one of some processes listens at a port, from /proc/net/tcp and the processes' open files. */
export async function findListener(port: number, pids: readonly number[]): Promise<Listener> {
  const inodes = await listeningInodes(port);
  if (inodes.size === 0) return { place: "none" };
  for (const pid of pids) if (await holdsSocket(pid, inodes)) return { place: "inside" };
  const others = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  for (const pid of others) if (await holdsSocket(pid, inodes)) return { place: "outside", pid };
  return { place: "outside", pid: null };
}

/** The ports at which some processes listen, in ascending order; none where the system doesn't report them. */
export async function portsOf(pids: readonly number[]): Promise<readonly number[]> {
  const sockets = await listeningSockets();
  const ports = new Set<number>();
  for (const pid of pids)
    for (const inode of await socketInodesOf(pid)) {
      const port = sockets.get(inode);
      if (port !== undefined) ports.add(port);
    }
  return [...ports].toSorted((one, other) => one - other);
}

async function listeningInodes(port: number): Promise<ReadonlySet<string>> {
  const sockets = await listeningSockets();
  return new Set([...sockets].flatMap(([inode, at]) => (at === port ? [inode] : [])));
}

/** The port of each socket that listens, by its inode. Fields: number, local address, remote address, state, queues, timer, retransmits, user, timeout, inode. */
async function listeningSockets(): Promise<ReadonlyMap<string, number>> {
  const tables = await Promise.all([readProcFile("/proc/net/tcp"), readProcFile("/proc/net/tcp6")]);
  const lines = tables.flatMap((table) => table.split("\n").slice(1));
  const sockets = lines.flatMap((line): (readonly [inode: string, port: number])[] => {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
    const port = Number.parseInt(local.split(":")[1] ?? "", 16);
    return state === listening && inode !== undefined ? [[inode, port]] : [];
  });
  return new Map(sockets);
}

async function holdsSocket(pid: number, inodes: ReadonlySet<string>): Promise<boolean> {
  return (await socketInodesOf(pid)).some((inode) => inodes.has(inode));
}

async function socketInodesOf(pid: number): Promise<readonly string[]> {
  // Another user's process doesn't show its files, and any process may end meanwhile.
  const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const links = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => "")));
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
}
