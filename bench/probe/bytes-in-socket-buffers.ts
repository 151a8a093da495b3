import { readProcFile } from "./proc-file.ts";

/** State of an open connection in /proc/net/tcp. */
const established = "01";

/**
 * Bytes in the kernel between a server and its clients on this machine: sent and not yet acknowledged on the server's
 * side, received and not yet read on the clients' side. Read from /proc/net/tcp and /proc/net/tcp6.
 * @param port the port the server listens on
 */
export async function bytesInSocketBuffers(port: number): Promise<number> {
  const tables = await Promise.all([readProcFile("/proc/net/tcp"), readProcFile("/proc/net/tcp6")]);
  return tables
    .flatMap((table) => table.split("\n").slice(1))
    .map((line) => queuedBytes(line, port))
    .reduce((total, bytes) => total + bytes, 0);
}

/** Fields: number, local address, remote address, state, tx_queue:rx_queue, …; addresses and queues in hexadecimal. */
function queuedBytes(line: string, port: number): number {
  const [, local = "", remote = "", state, queues = ""] = line.trim().split(/\s+/);
  if (state !== established) return 0;
  const [sending = 0, receiving = 0] = queues.split(":").map((text) => Number.parseInt(text, 16));
  if (portOf(local) === port) return sending;
  return portOf(remote) === port ? receiving : 0;
}

function portOf(address: string): number {
  return Number.parseInt(address.split(":")[1] ?? "", 16);
}
