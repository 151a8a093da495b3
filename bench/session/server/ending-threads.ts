import { connect, isIP, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as secure } from "node:tls";
import { portOf } from "../../http/port-of.ts";
import { startRequest } from "../../http/start-request.ts";
import { trustedCertificates } from "../../http/trusted-certificates.ts";
import { hasProcFiles, threadsOf } from "../../probe/proc-file.ts";
import type { RunningTarget } from "../../subject/target.ts";
import { processesOf } from "./server-processes.ts";

const lookEveryMs = 2;
/** How long a server may take to accept a connection and start a thread for it, on a busy machine too. */
const startLimitMs = 100;
const endLimitMs = 200;
const answerLimitMs = 2000;

/** Servers that were seen with a thread or a process that ended with its connection. */
const endingServers = new WeakSet<RunningTarget>();

/** Whether a server was seen to have a thread or a process for each connection. */
export function hasThreadPerConnection(server: RunningTarget): boolean {
  return endingServers.has(server);
}

/**
 * Looks whether a server starts a thread or a process for a connection that ends with it. The system keeps the CPU time of a
 * thread in nanoseconds only while it lives. The address that was asked until the server was ready is asked once more, since any
 * answer will do, and not every server allows a connection without a request. The request comes a little after its connection:
 * else a short answer could end the thread before it is seen.
 */
export async function noticeEndingThreads(server: RunningTarget, signal: AbortSignal): Promise<void> {
  const { readyUrl, statsUrl, form } = server;
  if (!hasProcFiles || statsUrl !== null || readyUrl === undefined) return;
  const threads = async (): Promise<ReadonlySet<string>> => {
    const tree = (await processesOf(server)) ?? [];
    return new Set((await Promise.all(tree.map(threadsOf))).flat());
  };
  const until = async (limitMs: number, find: (now: ReadonlySet<string>) => string | undefined) => {
    for (let waitedMs = 0; waitedMs < limitMs; waitedMs += lookEveryMs) {
      const found = find(await threads());
      if (found !== undefined) return found;
      await sleep(lookEveryMs, undefined, { signal });
    }
    return undefined;
  };
  const before = await threads();
  if (before.size === 0) return;
  const socket = connect({ host: hostOf(readyUrl), port: portOf(readyUrl) });
  // A server that takes no connection shows so with the next request.
  socket.on("error", () => undefined);
  try {
    const started = await until(startLimitMs, (now) => [...now].find((thread) => !before.has(thread)));
    await askOver(socket, readyUrl, { ...form, signal });
    if (started === undefined) return;
    const ended = await until(endLimitMs, (now) => (now.has(started) ? undefined : started));
    if (ended !== undefined) endingServers.add(server);
  } finally {
    socket.destroy();
  }
}

/** Asks an address over a connection that is there, and resolves when that is over, whatever came of it. */
function askOver(
  socket: Socket,
  url: URL,
  { headers = {}, signal }: NonNullable<RunningTarget["form"]> & { readonly signal: AbortSignal },
): Promise<void> {
  if (socket.destroyed) return Promise.resolve();
  const host = hostOf(url);
  const names = isIP(host) === 0 ? { host, servername: host } : { host };
  const isSecure = url.protocol === "https:";
  return new Promise((resolve) => {
    const call = startRequest(
      url,
      {
        createConnection: () =>
          isSecure ? secure({ ...names, socket, ca: [...trustedCertificates()] }) : socket,
        headers,
        signal: AbortSignal.any([signal, AbortSignal.timeout(answerLimitMs)]),
      },
      (response) => response.on("error", () => undefined).resume(),
    );
    call.on("error", () => undefined);
    call.on("close", () => resolve());
    call.end();
  });
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}
