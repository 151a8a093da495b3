import { readFileSync } from "node:fs";
import type { Socket } from "node:net";

/** State of an open connection in /proc/net/tcp (the kernel's `tcp_states.h`). */
const established = "01";

/**
 * The connections whose client has closed its side, although nothing of them was read. Node notices that only by reading, and
 * what a client sends belongs to the worker that will serve it; so the kernel is asked. Where it can't be, as outside Linux,
 * none is found.
 */
export function closedConnections(sockets: Iterable<Socket>): readonly Socket[] {
  const open = new Set<string>();
  try {
    for (const table of ["/proc/self/net/tcp", "/proc/self/net/tcp6"])
      for (const line of readFileSync(table, "utf8").split("\n")) {
        const [, local = "", remote = "", state] = line.trim().split(/\s+/);
        if (state === established) open.add(pairOf(portOf(local), portOf(remote)));
      }
  } catch {
    return [];
  }
  // Two clients may have one port at two addresses: then either being open counts for both.
  return [...sockets].filter(({ localPort, remotePort }) => !open.has(pairOf(localPort, remotePort)));
}

function pairOf(local: number | undefined, remote: number | undefined): string {
  return `${local}:${remote}`;
}

/** Addresses are `0100007F:1F90`, in hexadecimal. */
function portOf(address: string): number {
  return Number.parseInt(address.split(":")[1] ?? "", 16);
}
