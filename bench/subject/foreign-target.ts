import { StreamCsvError } from "../../src/ground.ts";
import { readExport } from "../load/read-export.ts";
import { isAnswered } from "../probe/until-answered.ts";
import { tellsInsideNumbers } from "../probe/server-stats.ts";
import { findFreePort } from "./process/find-free-port.ts";
import { filledUrl, type TargetSpec } from "./parse-target.ts";
import { startServerProcess } from "./process/server-process.ts";
import type { RunningTarget, Target } from "./target.ts";

/** Any server, started by a command or running already. */
export function foreignTarget(spec: TargetSpec): Target {
  const { name, command, url } = spec;
  return {
    name,
    command,
    url,
    isStreamCsv: false,
    takesRows: `${command ?? ""} ${url}`.includes("{rows}"),
    // A server that runs already is the same for all; one that takes its port can run twice.
    canRunTwice: command === null || url.includes("{port}"),
    start: (signal, rows) => startForeign(spec, rows, signal),
  };
}

async function startForeign(spec: TargetSpec, rows: number, signal: AbortSignal): Promise<RunningTarget> {
  const port = spec.url.includes("{port}") ? await findFreePort() : 0;
  const urlFor = (count: number): URL => new URL(filledUrl(spec.url, { port, rows: count }));
  const server = await startServer(spec, { url: urlFor(rows), port, rows }, signal);
  try {
    return {
      ...server,
      exportUrl: (_, request) => urlFor(request.rows),
      ...(await abilitiesOf(server.origin, signal)),
    };
  } catch (fault) {
    await server.stop();
    throw fault;
  }
}

async function startServer(
  { name, command }: TargetSpec,
  { url, port, rows }: { readonly url: URL; readonly port: number; readonly rows: number },
  signal: AbortSignal,
): Promise<Omit<RunningTarget, "exportUrl" | "pingUrl" | "statsUrl">> {
  // Not the export itself: the server would still be making it when the measurement begins.
  const answersAt = new URL("/ping", url);
  const isThere = await isAnswered(answersAt, signal);
  if (command === null) {
    if (isThere) {
      return { origin: url.origin, pid: null, lastWords: () => "", stop: () => Promise.resolve() };
    }
    throw new StreamCsvError(
      "SCSV_TARGET_NOT_READY",
      `Nothing answers at ${url.origin}, the target "${name}".`,
    );
  }
  if (isThere) {
    throw new StreamCsvError(
      "SCSV_TARGET_NOT_READY",
      `Something already answers at ${url.origin}, where the target "${name}" should be started: end it, or put {port} into the command and address.`,
    );
  }
  return startServerProcess({ command: filledUrl(command, { port, rows }), answersAt, signal });
}

/** The most bytes of an answer to a short request; a server may answer everything with its export. */
const shortBytes = 1024;

/** Finds out whether a server reports inside numbers, and whether it answers short requests. */
async function abilitiesOf(
  origin: string,
  signal: AbortSignal,
): Promise<Pick<RunningTarget, "pingUrl" | "statsUrl">> {
  const [pingUrl, statsUrl] = [new URL("/ping", origin), new URL("/stats", origin)];
  const isShort = await readExport(pingUrl, {
    signal,
    leaveAfterBytes: shortBytes + 1,
    idleTimeoutMs: 5000,
  }).then(
    ({ state, bodyBytes }) => state === "complete" && bodyBytes <= shortBytes,
    () => false,
  );
  signal.throwIfAborted();
  return {
    pingUrl: isShort ? pingUrl : null,
    statsUrl: (await tellsInsideNumbers(origin, signal)) ? statsUrl : null,
  };
}
