import { get, type IncomingMessage } from "node:http";
import { StreamCsvError } from "../../src/index.ts";
import { countShortRequests } from "../../bench/load/count-short-requests.ts";
import { measureFresh } from "../../bench/session/measure/measure-export.ts";
import { readFrom, readWhole, withLastWords, type ServedExport } from "../../bench/session/session.ts";
import { startServerProcess } from "../../bench/subject/process/server-process.ts";
import type { RunningTarget } from "../../bench/subject/target.ts";
import { exportUrl, type ServerPeer } from "./peer.ts";
import type { PeerContext, PeerNumbers, RunningPeer } from "./running-peer.ts";

const pingConnections = 8;
const pingWarmUpMs = 200;
const pingMs = 500;
/** Enough to be in the middle of a large export. */
const leaveAfterBytes = 1024 ** 2;
const leftRows = 1_000_000;

/** Starts a server. It is ready once it answers, because some print their address before they listen. */
export async function startServer(
  peer: ServerPeer,
  { workshop, origin, session }: PeerContext,
): Promise<RunningPeer> {
  const { signal } = session;
  const started = await startServerProcess({
    command: await peer.command(workshop),
    readyLine: /^listening on (http:\/\/\S+)$/,
    answersAt: "/ping",
    signal,
  });
  const server: RunningTarget = {
    ...started,
    exportUrl: (_, { rows }) => exportUrl(peer, started.origin, rows),
    pingUrl: new URL("/ping", started.origin),
    // Only one peer reports inside numbers, so all are measured from outside.
    statsUrl: null,
  };
  const served = (rows: number): ServedExport => {
    const delivery = peer.isReadyMade === true ? "file" : null;
    return { session, server, request: { delivery, rows } };
  };
  const described = <T>(work: Promise<T>): Promise<T> =>
    work.catch(async (fault: unknown) => {
      throw await withLastWords(fault, { server, target: { name: peer.name, isStreamCsv: false } });
    });
  const secondsUntilQueryEnds = async (): Promise<number | null> => {
    if (origin.queries === null) return null;
    await readFrom(served(leftRows), { leaveAfterBytes });
    return await origin.queries.untilQueriesEnd();
  };
  return {
    text: (rows) => request(exportUrl(peer, started.origin, rows), signal),
    time: async (rows) => (await described(readWhole(served(rows)))).totalMs,
    async measure(rows): Promise<PeerNumbers> {
      const { measured, reading, client } = await described(measureFresh(served(rows), rows));
      const seconds = reading.totalMs / 1000;
      const perMillion = (cpu: number | null | undefined): number | null =>
        cpu === null || cpu === undefined ? null : (cpu / rows) * 1e6;
      return {
        bytesPerSecond: reading.bodyBytes / seconds,
        rowsPerSecond: rows / seconds,
        firstByteSeconds: (reading.firstByteMs ?? reading.totalMs) / 1000,
        cpuSecondsPerMillionRows: perMillion(measured.cpu_s_per_export),
        databaseCpuSecondsPerMillionRows: perMillion(measured.observed_cpu_s_per_export),
        idleBytes: measured.idle_rss_bytes ?? null,
        peakOverIdleBytes: measured.peak_rss_over_idle_bytes ?? null,
        querySecondsAfterLeaving: await secondsUntilQueryEnds(),
        pingsPerSecond: await countPings(server, signal),
        readerBusyRatio: client.busyRatio,
      };
    },
    stop: () => server.stop(),
  };
}

async function countPings({ origin }: RunningTarget, signal: AbortSignal): Promise<number> {
  const url = new URL("/ping", origin);
  const load = { connections: pingConnections, signal };
  await countShortRequests(url, { ...load, durationMs: pingWarmUpMs });
  const { perSecond } = await countShortRequests(url, { ...load, durationMs: pingMs });
  return perSecond;
}

async function request(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    // A new connection, because a kept one would delay the server's end.
    get(url, { agent: false, signal }, resolve).on("error", reject);
  });
  if (response.statusCode === 200) return response;
  response.destroy();
  throw new StreamCsvError(
    "SCSV_MEASUREMENT_INVALID",
    `${url.href} answered ${response.statusCode ?? 0} instead of 200.`,
  );
}
