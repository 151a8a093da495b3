import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StreamCsvError } from "../../src/index.ts";
import { seededRandom } from "../../bench/statistics/random.ts";
import { balancedOrders } from "../../bench/session/balanced-orders.ts";
import { admitPeer, type Admission } from "./admit-peer.ts";
import { measurePeer, type PeerNumbers } from "./measure-peer.ts";
import type { Peer, Workshop } from "./peer.ts";
import { writePool } from "./pool.ts";

/** The plan of a run. */
export interface PeersPlan {
  /** The peer that all others are compared with. */
  readonly ours: Peer;
  readonly others: readonly Peer[];
  readonly rounds: number;
  readonly seed: number;
  /** Rows of every timed export; null for as many as take each peer about a second. */
  readonly rows: number | null;
  /**
   * Rows of each peer that are parsed and compared with ours; more rows show smaller differences. @default 20000
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
  const workshop: Workshop = { folder, poolFile: join(folder, "pool.json") };
  try {
    // A server that root starts runs as another user.
    await chmod(folder, 0o755);
    await writePool(workshop.poolFile, signal);
    const admissions = await admitAll(plan, workshop, tell, signal);
    const measured = await measureRounds(plan, admissions, workshop, tell, signal);
    return Array.from(admissions, ([peer, admission]) => ({
      peer,
      admission,
      rounds: measured.get(peer) ?? [],
    }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function admitAll(
  { ours, others, rows, checkedRows = 20_000 }: PeersPlan,
  workshop: Workshop,
  tell: (sentence: string) => void,
  signal: AbortSignal,
): Promise<ReadonlyMap<Peer, Admission>> {
  const size = rows === null ? { seconds: exportSeconds, mostBytes } : { rows };
  const own = await admitPeer(ours, workshop, { checkedRows, reference: null, size }, signal);
  if (own.state !== "admitted") throw new StreamCsvError("SCSV_MEASUREMENT_INVALID", own.reason);
  const admissions = new Map<Peer, Admission>([[ours, own]]);
  for (const peer of others) {
    const options = { checkedRows, reference: own.shape, size };
    const admission = await admitPeer(peer, workshop, options, signal);
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
  workshop: Workshop,
  tell: (sentence: string) => void,
  signal: AbortSignal,
): Promise<ReadonlyMap<Peer, readonly PeerNumbers[]>> {
  const arms = Array.from(admissions).flatMap(([peer, admission]) =>
    admission.state === "admitted" ? [{ peer, rows: admission.rows }] : [],
  );
  const measured = new Map<Peer, PeerNumbers[]>(arms.map(({ peer }) => [peer, []]));
  for (const [round, order] of balancedOrders(arms, rounds, seededRandom(seed)).entries()) {
    for (const { peer, rows } of order) {
      const numbers = await measurePeer(peer, workshop, rows, signal);
      measured.get(peer)?.push(numbers);
      tell(
        `round ${round + 1} of ${rounds}, ${peer.name}: ${(numbers.bytesPerSecond / 1e6).toFixed(0)} MB/s`,
      );
    }
  }
  return measured;
}
