/**
 * Shows what a duet is good for. Three warm servers of this version, one of them made 10 % slower, serve the same
 * exports in turns and then in a duet, round by round. Prints how much the ratio of the two equal ones varies in each
 * way, the measured cost of the slower one, and the cost of an export alone and together with others.
 *
 *     node dist/dev/micro/duet.js [rounds]
 */
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/ground.ts";
import { shuffled, seededRandom } from "../../bench/statistics/random.ts";
import { streamCsvServer } from "../../bench/subject/stream-csv-server.ts";
import type { Target } from "../../bench/subject/target.ts";
import { measureDuet, type DuetArm } from "../../bench/session/measure/measure-duet.ts";
import { measureExport, prepareServer } from "../../bench/session/measure/measure-export.ts";
import { readFrom, type Session } from "../../bench/session/session.ts";
import { withServers, type Started } from "../../bench/session/server/with-servers.ts";

const rows = 100_000;
const turns = 6;
const arms = ["plain", "again", "slower"] as const;
type ArmName = (typeof arms)[number];
type Costs = Record<ArmName, number>;

const program = fileURLToPath(new URL("../../bin/stream-csv.js", import.meta.url));
const handicap = new URL("../../fixtures/programs/slower-streams.js", import.meta.url).href;

function targetOf(cli: readonly [string, ...string[]]): Target {
  return streamCsvServer({ cli, workers: 1, slots: 32, bufferMemoryBytes: 2 ** 28, sources: [] });
}

const plain = targetOf([process.execPath, program]);
const targets: Readonly<Record<ArmName, Target>> = {
  plain,
  again: plain,
  slower: targetOf(["env", `NODE_OPTIONS=--import ${handicap}`, process.execPath, program]),
};
const session: Session = {
  exportName: "orders",
  clock: systemClock,
  signal: new AbortController().signal,
};

/** Mean CPU seconds of an export by each arm, in turns and in a duet. */
async function measureRound(
  order: readonly ArmName[],
): Promise<{ readonly inTurns: Costs; readonly inDuet: Costs }> {
  const items = order.map((id): DuetArm => {
    const body = { rows, bytes: 0, crc32: 0 };
    return { id, target: targets[id], delivery: "streaming", rows, body };
  });
  const inTurns: Costs = { plain: 0, again: 0, slower: 0 };
  const inDuet: Costs = { plain: 0, again: 0, slower: 0 };
  const warm = new Map<string, Started<DuetArm>>();
  await withServers(
    session,
    items,
    async (item, server) => {
      const served = { session, server, request: item };
      if (!warm.has(item.id)) {
        await prepareServer(served);
        // As many as are counted, since the first ones are dearer: what comes second would seem cheap.
        for (let turn = 1; turn < turns; turn += 1) await readFrom(served);
        const { bodyBytes, crc32 } = await readFrom(served, { checksum: true });
        const body = { rows, bytes: bodyBytes, crc32: crc32 ?? 0 };
        warm.set(item.id, { item: Object.assign({}, item, { body }), server });
      }
      const { measured } = await measureExport(served, rows, null);
      inTurns[item.id as ArmName] += Number(measured.cpu_s_per_export) / turns;
    },
    {
      turns,
      sideBySide: {
        groupOf: () => "arms",
        async use() {
          const { arms: found, apartReason } = await measureDuet(session, [...warm.values()], {
            turns,
            idleBytes: new Map(),
          });
          if (apartReason !== null) process.stderr.write(`not on one core: ${apartReason}\n`);
          for (const id of arms) inDuet[id] = Number(found[id]?.cpu_s_per_export);
        },
      },
    },
  );
  return { inTurns, inDuet };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

function share(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}

function tell(what: string, costs: readonly Costs[]): void {
  const ratios = (arm: ArmName): number[] => costs.map((cost) => Math.log(cost[arm] / cost.plain));
  const cpuMs = 1000 * mean(costs.map((cost) => cost.plain));
  const slower = ratios("slower");
  const error = deviation(slower) / Math.sqrt(slower.length);
  process.stdout.write(
    `${what}: ${cpuMs.toFixed(1)} ms of CPU an export; equal versions stray by ${share(deviation(ratios("again")))} a round; the slower one costs ${share(Math.expm1(mean(slower)))} more (± ${share(error)})\n`,
  );
}

const rounds = Number(process.argv[2] ?? "12");
const random = seededRandom(1);
const inTurns: Costs[] = [];
const inDuet: Costs[] = [];
for (let round = 0; round < rounds; round += 1) {
  const measured = await measureRound(shuffled(arms, random));
  inTurns.push(measured.inTurns);
  inDuet.push(measured.inDuet);
}
tell("in turns", inTurns);
tell("in a duet", inDuet);
