import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { duckdbPeer } from "../../dev/peers/on-request/duckdb-peer.ts";
import { onRequestSeries } from "../../dev/peers/on-request/on-request.ts";
import { csvStringifyPeer } from "../../dev/peers/on-request/node-peers.ts";
import { differenceOf, readShape, type Shape } from "../../dev/peers/on-request/shape.ts";
import { pageNotes, measuredTable } from "../../dev/peers/page.ts";
import type { Peer, ProgramPeer } from "../../dev/peers/peer.ts";
import { postgresSeries } from "../../dev/peers/postgres/postgres.ts";
import { askVersion } from "../../dev/peers/run-program.ts";
import { runPeers } from "../../dev/peers/run-peers.ts";
import { hasProcFiles } from "../../bench/probe/proc-file.ts";
import { processTree } from "../../bench/probe/process-tree.ts";
import { endOnSignal } from "../harness/children.ts";

const { signal } = new AbortController();
const ignore = (): void => {};

// Servers that a run starts in this process end when the process exits.
endOnSignal();

const absent: Peer = {
  ...csvStringifyPeer,
  name: "absent",
  packages: ["no-such-runtime"],
  findVersion: (lookup) => askVersion(["/nowhere/no-such-runtime", "--version"], lookup),
};

/** The Node peer, with its own words that are shorter than ours. */
const easier: Peer = {
  ...csvStringifyPeer,
  name: "easier",
  async command({ folder }) {
    const file = join(folder, "easier.json");
    const words = { customers: [["Ann", "a@example.org"]], notes: [null], statuses: ["new"], regions: ["é"] };
    await writeFile(file, JSON.stringify(words));
    return csvStringifyPeer.command({ folder, rowsFrom: file });
  },
};

test("the Node peer is measured, an absent one is reported, and one with other rows is refused", async () => {
  const series = { ...onRequestSeries, others: [csvStringifyPeer, absent, easier] };
  const plan = { series, rounds: 1, rows: 300, checkedRows: 2000, seed: 1 };
  const results = await runPeers(plan, ignore, signal);

  assert.deepEqual(
    results.map(({ peer, admission, rounds }) => [peer.name, admission.state, rounds.length]),
    [
      ["stream-csv", "admitted", 1],
      ["node", "admitted", 1],
      ["absent", "absent", 0],
      ["easier", "refused", 0],
    ],
  );
  const numbers = results[1]?.rounds[0];
  assert.ok(numbers !== undefined && numbers.rowsPerSecond > 0 && (numbers.pingsPerSecond ?? 0) > 0);
  assert.match(measuredTable(results), /^\| absent +\| absent +\|/m);
  const [absence, refusal] = pageNotes(results).filter((note) => /absent|refused/.test(note));
  assert.match(absence ?? "", /absent\. .*apt-get install no-such-runtime/);
  assert.match(refusal ?? "", /refused\. Its rows have .* bytes on average and ours/);
});

test("an interrupted run leaves no server running", { skip: !hasProcFiles }, async () => {
  const interruption = new AbortController();
  const series = { ...onRequestSeries, others: [csvStringifyPeer] };
  const plan = { series, rounds: 2, rows: 300, checkedRows: 2000, seed: 1 };
  const running = runPeers(plan, () => interruption.abort(), interruption.signal);
  await assert.rejects(running, { name: "AbortError" });
  assert.deepEqual(await processTree(process.pid), [process.pid]);
});

test("peers over PostgreSQL give the same bytes, and their queries end when a client leaves", async (t) => {
  const series = postgresSeries(30_000);
  if (!existsSync("/usr/lib/postgresql"))
    return t.skip("PostgreSQL isn't installed: apt-get install postgresql");
  const plan = { series, rounds: 1, rows: 30_000, checkedRows: 30_000, seed: 1 };
  const results = await runPeers(plan, ignore, signal);
  for (const { peer, admission, rounds } of results) {
    await t.test(`${peer.name}, by ${peer.stack}`, (peerTest) => {
      if (admission.state === "absent") return peerTest.skip(admission.reason);
      assert.equal(admission.state, "admitted", admission.state === "refused" ? admission.reason : undefined);
      const [numbers] = rounds;
      assert.ok(numbers !== undefined && numbers.bytesPerSecond > 0);
      if (hasProcFiles) assert.ok((numbers.databaseCpuSecondsPerMillionRows ?? 0) > 0);
      // A program has no client that leaves, and no short requests.
      const isServer = peer.kind === "server";
      assert.equal(numbers.querySecondsAfterLeaving !== null, isServer);
      assert.equal(numbers.pingsPerSecond !== null, isServer);
    });
  }
});

test("a program that fails at its task is refused, with what it wrote", async () => {
  const failing: ProgramPeer = { ...duckdbPeer, name: "failing", prepare: async () => undefined };
  const series = { ...onRequestSeries, others: [failing] };
  const plan = { series, rounds: 1, rows: 300, checkedRows: 2000, seed: 1 };
  const [, result] = await runPeers(plan, ignore, signal);
  assert.equal(result?.admission.state, "refused");
  assert.match(result.admission.reason, /failing should print "done", and printed null.*No files found/s);
});

const header = "id,customer,email,quantity,price,paid,created_at,note,status,region";
const row = (id: number | string): string =>
  `${id},Ann,a@example.org,3,-1.50,true,2024-03-20T19:47:13.816Z,,new,Zürich`;

/** The body of an answer with a text, from a server that ends with the test. */
async function answered(t: TestContext, text: string): Promise<IncomingMessage> {
  const server = createServer((_, res) => res.end(text)).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    get({ port, host: "127.0.0.1", agent: false }, resolve).on("error", reject);
  });
}

test("rows of the right shape are measured by their bytes and features", async (t) => {
  const body = await answered(t, `${header}\n${row(1)}\n${row(2)}\n`);
  const shape = await readShape(body, { of: "planted", rows: 2 });
  assert.equal(shape.shares["a negative price"], 1);
  assert.equal(shape.shares["a comma in customer"], 0);
  assert.equal(differenceOf(shape, shape), undefined);
});

const planted: readonly (readonly [what: string, text: string, reason: RegExp])[] = [
  ["too few rows", `${header}\n${row(1)}\n`, /it has 1 rows instead of 2/],
  ["a missing column", `${header.slice(3)}\n${row(1)}\n`, /its columns are customer/],
  ["a row that is too short", `${header}\n${row(1)}\n2,Ann\n`, /row 2 has 2 columns instead of 10/],
  ["swapped rows", `${header}\n${row(2)}\n${row(1)}\n`, /row 1 has "2" in id/],
  [
    "values of another type",
    `${header}\n${row(1).replace("true", "1")}\n${row(2)}\n`,
    /row 1 has "1" in paid/,
  ],
  ["something that isn't CSV", `${header}\n1,"Ann"x\n`, /aren't like ours: .*quote/i],
];

for (const [what, text, reason] of planted) {
  test(`refuses ${what}`, async (t) => {
    const body = await answered(t, text);
    await assert.rejects(readShape(body, { of: "planted", rows: 2 }), {
      code: "SCSV_MEASUREMENT_INVALID",
      message: reason,
    });
  });
}

test("names the feature that is rarer than in our rows", () => {
  const like = (share: number): Shape => ({ rows: 100, bytesPerRow: 110, shares: { "a comma": share } });
  assert.equal(differenceOf(like(0.07), like(0.08)), undefined);
  assert.match(differenceOf(like(0.01), like(0.08)) ?? "", /1\.0 % of its rows have a comma, and 8\.0 %/);
});
