import type { ServerStats } from "../../src/server/metrics/server-stats.ts";
import type { TransferRecord } from "../../src/server/protocol/messages.ts";
import { askUntil } from "./ask-until.ts";

interface Server {
  readonly url: string;
}

/** Reads the counters of a server. */
export async function statsOf({ url }: Server): Promise<ServerStats> {
  return (await (await fetch(`${url}/stats`)).json()) as ServerStats;
}

/** What a server counts, as soon as it is so. */
export async function statsWhen(server: Server, isSo: (stats: ServerStats) => boolean): Promise<ServerStats> {
  return await askUntil(() => statsOf(server), isSo);
}

/** All transfers that a server tells of, in order of start. */
export async function transfersOf({ url }: Server): Promise<readonly TransferRecord[]> {
  const { transfers } = (await (await fetch(`${url}/transfers`)).json()) as {
    readonly transfers: readonly TransferRecord[];
  };
  return transfers;
}

/** All transfers once none runs any more. A client gets its last byte shortly before its transfer ends. */
export async function endedTransfersOf(server: Server): Promise<readonly TransferRecord[]> {
  return await askUntil(
    () => transfersOf(server),
    (transfers) => transfers.every(({ state }) => state !== "running"),
  );
}

/** Waits until a transfer fulfils the condition; by default, until it has ended. */
export async function transferWhen(
  { url }: Server,
  id: unknown,
  isSo: (transfer: TransferRecord) => boolean = ({ state }) => state !== "running",
): Promise<TransferRecord> {
  const ask = async (): Promise<TransferRecord> =>
    (await (await fetch(`${url}/transfers/${String(id)}`)).json()) as TransferRecord;
  return await askUntil(ask, isSo);
}
