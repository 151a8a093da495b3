import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StreamCsvError } from "../../src/index.ts";
import { systemClock } from "../../src/ground.ts";
import { seededRandom } from "../../bench/statistics/random.ts";
import { balancedOrders } from "../../bench/session/balanced-orders.ts";
import { admitPeer, type Admission } from "./admit-peer.ts";
import type { Peer } from "./peer.ts";
import type { PeerContext, PeerNumbers } from "./running-peer.ts";
import type { PeerSeries } from "./series.ts";
import { startPeer } from "./start-peer.ts";

/** The plan of a run. */
export interface PeersPlan {
  readonly series: PeerSeries;
  readonly rounds: number;
  readonly seed: number;
  /** Rows of every timed export; null for as many as take each peer about a second. */
  readonly rows: number | null;
  /**
   * Rows of each peer that are read and compared with ours; more rows show smaller differences. @default 20000
   */
  readonly checkedRows?: number;
}

/** The result of a peer. */
export interface PeerResult {
  readonly peer: Peer;
  readonly admission: Admission;
  /** One entry for each round, in order; empty if the peer wasn't admitted. */
  readonly rounds: readonly PeerNumbers[];
}

const exportSeconds = 1;
/** Servers of existing files are so fast that a file for one second would fill the disk. */
const mostBytes = 256 * 1024 ** 2;

/**
 * Checks every peer's rows, then measures all admitted peers in rounds: each once per round, in a random order by the
 * seed that balances positions, each time in a new process. @param tell gets a line about each step @returns ours
 * first, then the others in the given order
 * @throws StreamCsvError when ours isn't admitted, or a peer fails while it is measured
 */
export async function runPeers(
  plan: PeersPlan,
  tell: (sentence: string) => void,
  signal: AbortSignal,
): Promise<readonly PeerResult[]> {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-peers-"));
  try {
    // A server that root starts runs as another user.
    await chmod(folder, 0o755);
    const origin = await plan.series.open(folder, signal);
    try {
      const workshop = { folder, rowsFrom: origin.rowsFrom };
      const session = { exportName: "orders", clock: systemClock, signal, observers: origin.observers };
      const context = { workshop, origin, session };
      const admissions = await admitAll(plan, context, tell);
      const measured = await measureRounds(plan, admissions, context, tell);
      return Array.from(admissions, ([peer, admission]) => ({
        peer,
        admission,
        rounds: measured.get(peer) ?? [],
      }));
    } finally {
      await origin.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function admitAll(
  { series, rows, checkedRows = 20_000 }: PeersPlan,
  context: PeerContext,
  tell: (sentence: string) => void,
): Promise<ReadonlyMap<Peer, Admission>> {
  const { ours, others, check, mostRows = Number.POSITIVE_INFINITY } = series;
  const size = rows === null ? { seconds: exportSeconds, mostBytes, mostRows } : { rows };
  const own = await admitPeer(ours, context, { checkedRows, check, reference: null, size });
  if (own.state !== "admitted") throw new StreamCsvError("SCSV_MEASUREMENT_INVALID", own.reason);
  const admissions = new Map<Peer, Admission>([[ours, own]]);
  for (const peer of others) {
    const admission = await admitPeer(peer, context, { checkedRows, check, reference: own.sample, size });
    admissions.set(peer, admission);
    const words =
      admission.state === "admitted" ? `${admission.version}, ${admission.rows} rows` : admission.reason;
    tell(`${peer.name} is ${admission.state}: ${words}`);
  }
  return admissions;
}

async function measureRounds(
  { rounds, seed }: PeersPlan,
  admissions: ReadonlyMap<Peer, Admission>,
  context: PeerContext,
  tell: (sentence: string) => void,
): Promise<ReadonlyMap<Peer, readonly PeerNumbers[]>> {
  const arms = Array.from(admissions).flatMap(([peer, admission]) =>
    admission.state === "admitted" ? [{ peer, rows: admission.rows }] : [],
  );
  const measured = new Map<Peer, PeerNumbers[]>(arms.map(({ peer }) => [peer, []]));
  for (const [round, order] of balancedOrders(arms, rounds, seededRandom(seed)).entries()) {
    for (const { peer, rows } of order) {
      const numbers = await measureOnce(peer, context, rows);
      measured.get(peer)?.push(numbers);
      tell(
        `round ${round + 1} of ${rounds}, ${peer.name}: ${(numbers.bytesPerSecond / 1e6).toFixed(0)} MB/s`,
      );
    }
  }
  return measured;
}

/** Measures a peer in a new process, which is gone when this settles. */
async function measureOnce(peer: Peer, context: PeerContext, rows: number): Promise<PeerNumbers> {
  const running = await startPeer(peer, context);
  try {
    return await running.measure(rows);
  } finally {
    await running.stop();
  }
}
