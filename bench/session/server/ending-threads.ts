import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { portOf } from "../../http/port-of.ts";
import { hasProcFiles, threadsOf } from "../../probe/proc-file.ts";
import type { RunningTarget } from "../../subject/target.ts";
import { processesOf } from "./server-processes.ts";

const lookEveryMs = 2;
/** How long a server may take to accept a connection and start a thread for it. */
const startLimitMs = 30;
const endLimitMs = 200;
const answerLimitMs = 2000;

/** Servers that were seen with a thread that ended with its connection. */
const threadedServers = new WeakSet<RunningTarget>();

/** Whether a server was seen to have a thread for each connection. */
export function hasThreadPerConnection(server: RunningTarget): boolean {
  return threadedServers.has(server);
}

/**
 * Looks whether a server starts a thread for a connection that ends with it, by a short request whose end comes late: not every
 * server allows a connection without one. The system keeps the CPU time of a thread in nanoseconds only while it lives.
 */
export async function noticeEndingThreads(server: RunningTarget, signal: AbortSignal): Promise<void> {
  const { pingUrl, statsUrl, form } = server;
  if (!hasProcFiles || statsUrl !== null || pingUrl?.protocol !== "http:") return;
  const tree = await processesOf(server);
  if (tree === null) return;
  const threads = async (): Promise<ReadonlySet<string>> =>
    new Set((await Promise.all(tree.map(threadsOf))).flat());
  const until = async (limitMs: number, find: (now: ReadonlySet<string>) => string | undefined) => {
    for (let waitedMs = 0; waitedMs < limitMs; waitedMs += lookEveryMs) {
      const found = find(await threads());
      if (found !== undefined) return found;
      await sleep(lookEveryMs, undefined, { signal });
    }
    return undefined;
  };
  const before = await threads();
  const socket = connect({ host: pingUrl.hostname.replace(/^\[|\]$/g, ""), port: portOf(pingUrl) });
  // A server that takes no connection shows so with the next request.
  socket.on("error", () => undefined);
  const closed = once(socket, "close");
  const fields = Object.entries({ Host: pingUrl.host, Connection: "close", ...form?.headers });
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${pingUrl.pathname}${pingUrl.search} HTTP/1.1\r\n${lines.join("")}`);
  socket.setTimeout(answerLimitMs, () => socket.destroy());
  const started = await until(startLimitMs, (now) => [...now].find((thread) => !before.has(thread))).finally(
    () => socket.write("\r\n"),
  );
  socket.resume();
  await closed;
  if (started === undefined) return;
  const ended = await until(endLimitMs, (now) => (now.has(started) ? undefined : started));
  if (ended !== undefined) threadedServers.add(server);
}
