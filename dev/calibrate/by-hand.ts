import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findFreePort } from "../../bench/subject/process/find-free-port.ts";
import { startServerProcess, type ServerProcess } from "../../bench/subject/process/server-process.ts";
import { exportUrl, type ServerPeer, type Workshop } from "../peers/peer.ts";
import { shellLine } from "../peers/shell-line.ts";
import type { Numbers } from "./accuracy-report.ts";

const execute = promisify(execFile);
const script = fileURLToPath(new URL("../../../dev/calibrate/by_hand.py", import.meta.url));

/** Rows of the first export of a fresh server. */
export const warmUpRows = 20_000;

/** Times of an export. */
export type Times = Pick<Numbers, "firstByteSeconds" | "totalSeconds">;

/** What the script says of a process without an export. */
export interface Used {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly peakBytes: number;
}

/** Runs the script, which shares no code with this project. */
export async function askScript<T>(signal: AbortSignal, pid: number, ...urls: readonly string[]): Promise<T> {
  const { stdout } = await execute("python3", [script, String(pid), ...urls], { signal });
  return JSON.parse(stdout) as T;
}

/** Starts a fresh server, and ends it behind its use. */
export async function withFresh<T>(
  peer: ServerPeer,
  workshop: Workshop,
  signal: AbortSignal,
  use: (server: ServerProcess) => Promise<T>,
): Promise<T> {
  const { line, port } = await shellLine(peer, workshop);
  const chosen = port === "{port}" ? String(await findFreePort()) : port;
  const origin = `http://127.0.0.1:${chosen}`;
  // By a shell, as bench does: Linux may give each session, and so each such server, an equal share of a busy machine.
  const server = await startServerProcess({
    command: line.replace("{port}", chosen),
    answersAt: [new URL("/ping", origin)],
    signal,
  });
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

/** What the script finds of one export of a fresh server, after a warm-up. */
export function byHand(
  peer: ServerPeer,
  workshop: Workshop,
  rows: number,
  signal: AbortSignal,
): Promise<Numbers> {
  return withFresh(peer, workshop, signal, ({ pid, origin }) => {
    const urls = [warmUpRows, rows].map((count) => exportUrl(peer, origin, count).href);
    return askScript(signal, pid, ...urls);
  });
}
