import { setTimeout as sleep } from "node:timers/promises";
import { StreamCsvError } from "../../src/index.ts";
import { readExport } from "../load/read-export.ts";
import { startServerProcess } from "../target/server-process.ts";
import type { RunningTarget } from "../target/target.ts";
import type { Peer, Workshop } from "./peer.ts";

const answerLimitMs = 10_000;
const askEveryMs = 20;

/**
 * Starts a peer and waits until it answers `/ping`, since some say where they listen before they do.
 * @throws StreamCsvError `SCSV_TARGET_NOT_READY`; nothing is left running then
 */
export async function startPeer(peer: Peer, workshop: Workshop, signal: AbortSignal): Promise<RunningTarget> {
  const command = await peer.command(workshop);
  const server = await startServerProcess({
    command,
    readyLine: /^listening on (http:\/\/\S+)$/,
    signal,
  });
  try {
    await waitForAnswer(new URL("/ping", server.origin), signal);
    return server;
  } catch (cause) {
    await server.stop();
    signal.throwIfAborted();
    throw new StreamCsvError(
      "SCSV_TARGET_NOT_READY",
      `"${command.join(" ")}" doesn't answer /ping. It wrote: ${server.lastWords()}`,
      { cause },
    );
  }
}

async function waitForAnswer(url: URL, signal: AbortSignal): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += askEveryMs) {
    try {
      const { state } = await readExport(url, { signal, idleTimeoutMs: answerLimitMs });
      if (state === "complete") return;
      throw new Error(`${url.href} was refused.`);
    } catch (fault) {
      signal.throwIfAborted();
      if (waitedMs >= answerLimitMs) throw fault;
    }
    await sleep(askEveryMs, undefined, { signal });
  }
}
