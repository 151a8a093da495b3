import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { hasProcFiles } from "../../../bench/probe/proc-file.ts";
import { streamCsvServer } from "../../../bench/subject/stream-csv-server.ts";
import type { Target } from "../../../bench/subject/target.ts";
import { measureDuet, type DuetArm } from "../../../bench/session/measure/measure-duet.ts";
import { readFrom, type Session } from "../../../bench/session/session.ts";
import { withServers, type Started } from "../../../bench/session/server/with-servers.ts";
import { systemClock } from "../../../src/ground.ts";
import { inOneOfThree } from "../../harness/attempts.ts";
import { endOnSignal } from "../../harness/children.ts";

endOnSignal();

const skip = !hasProcFiles;
const programs = fileURLToPath(new URL("../../../fixtures/programs/", import.meta.url));
const fixture = [process.execPath, `${programs}faulty-server.js`] as const;
const ours = fileURLToPath(new URL("../../../bin/stream-csv.js", import.meta.url));

function targetOf(cli: readonly [string, ...string[]]): Target {
  return streamCsvServer({ cli, workers: 1, slots: 32, bufferMemoryBytes: 2 ** 26, sources: [] });
}

/** Gives arms of these targets, their servers running, with the body that the first export of each had. */
async function withArms(
  targets: Readonly<Record<string, Target>>,
  rows: number,
  use: (session: Session, arms: readonly Started<DuetArm>[], abort: AbortController) => Promise<void>,
): Promise<void> {
  const abort = new AbortController();
  const session: Session = { exportName: "orders", clock: systemClock, signal: abort.signal };
  const items = Object.entries(targets).map(([id, target]): DuetArm => {
    const body = { rows, bytes: 0, crc32: 0 };
    return { id, target, delivery: "streaming", rows, body };
  });
  const bodies = new Map<string, DuetArm["body"]>();
  await withServers(
    session,
    items,
    async (item, server) => {
      const reading = await readFrom({ session, server, request: item }, { checksum: true });
      bodies.set(item.id, { rows, bytes: reading.bodyBytes, crc32: reading.crc32 ?? 0 });
    },
    {
      sideBySide: {
        groupOf: () => "arms",
        async use(served) {
          const arms = served.map(({ item, server }) => ({
            item: Object.assign({}, item, { body: bodies.get(item.id) }),
            server,
          }));
          await use(session, arms, abort);
        },
      },
    },
  );
}

test(
  "a version that needs twice the CPU time shows it, beside others that finish long before it",
  { skip },
  async () => {
    const plain = targetOf([process.execPath, ours]);
    const dearer = targetOf([
      "env",
      `NODE_OPTIONS=--import ${new URL("../../../fixtures/programs/slower-streams.js", import.meta.url).href}`,
      "EXTRA_CPU_SHARE=1",
      process.execPath,
      ours,
    ]);
    await inOneOfThree(async () => {
      await withArms({ dearer, plain, again: plain }, 100_000, async (session, served) => {
        const idleBytes = new Map([["plain", 0]]);
        const { arms, apartReason } = await measureDuet(session, served, { turns: 6, idleBytes });
        assert.equal(apartReason, null);
        const [twice, once, again] = ["dearer", "plain", "again"].map((id) =>
          Number(arms[id]?.cpu_s_per_mib),
        );
        assert.ok(twice !== undefined && once !== undefined && again !== undefined);
        // Whoever ends alone has the caches to itself, and would seem to need less.
        assert.ok(twice / once > 1.8 && twice / once < 2.7, `${twice / once} times as much`);
        assert.ok(again / once > 0.9 && again / once < 1.1, `${again / once} times as much`);
        const mib = (served[1]?.item.body.bytes ?? 0) / 1024 ** 2;
        assert.ok(Math.abs(Number(arms["plain"]?.cpu_s_per_export) / (once * mib) - 1) < 1e-9);
        assert.ok(Number(arms["plain"]?.peak_rss_over_idle_bytes) > 2 ** 20);
        assert.equal(arms["dearer"]?.peak_rss_over_idle_bytes, null);
      });
    });
  },
);

const faults = {
  "truncate:streaming:3": /The streaming delivery \(faulty\) gave \d+ bytes in a timed round, and \d+ when/,
  "swap-rows:streaming:3": /The streaming delivery \(faulty\) gave other bytes in a timed round/,
};
for (const [fault, reason] of Object.entries(faults)) {
  test(`a body that goes wrong among good ones (${fault}) ends all readings and is named`, async () => {
    const faulty = targetOf([fixture[0], fixture[1], "--fault", fault]);
    const good = targetOf(fixture);
    await withArms({ good, faulty }, 20_000, async (session, served) => {
      await assert.rejects(measureDuet(session, served, { turns: 4, idleBytes: new Map() }), reason);
    });
  });
}

test("an interruption ends all readings with its reason", async () => {
  const target = targetOf(fixture);
  await withArms({ one: target, other: target }, 1_000_000, async (session, served, abort) => {
    setTimeout(() => abort.abort(new Error("enough")), 200);
    await assert.rejects(
      measureDuet(session, served, { turns: 1000, idleBytes: new Map() }),
      /^Error: enough$/,
    );
  });
});
