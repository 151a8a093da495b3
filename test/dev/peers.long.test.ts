import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { nodePeer } from "../../dev/peers/node-peer.ts";
import { pageNotes, measuredTable } from "../../dev/peers/page.ts";
import type { Peer } from "../../dev/peers/peer.ts";
import { askVersion } from "../../dev/peers/run-program.ts";
import { runPeers } from "../../dev/peers/run-peers.ts";
import { differenceOf, readShape, type Shape } from "../../dev/peers/shape.ts";
import { ours } from "../../dev/peers/stream-csv-peer.ts";
import { hasProcFiles } from "../../bench/probe/proc-file.ts";
import { processTree } from "../../bench/probe/process-tree.ts";
import { endOnSignal } from "../harness/children.ts";

const { signal } = new AbortController();
const ignore = (): void => {};

// Servers that a run starts in this process end when the process exits.
endOnSignal();

const absent: Peer = {
  ...nodePeer,
  name: "absent",
  packages: ["no-such-runtime"],
  findVersion: (lookup) => askVersion(["/nowhere/no-such-runtime", "--version"], lookup),
};

/** The Node peer, with its own words that are shorter than ours. */
const easier: Peer = {
  ...nodePeer,
  name: "easier",
  async command({ folder }) {
    const file = join(folder, "easier.json");
    const words = { customers: [["Ann", "a@example.org"]], notes: [null], statuses: ["new"], regions: ["é"] };
    await writeFile(file, JSON.stringify(words));
    return nodePeer.command({ folder, poolFile: file });
  },
};

test("the Node peer is measured, an absent one is reported, and one with other rows is refused", async () => {
  const plan = { ours, others: [nodePeer, absent, easier], rounds: 1, rows: 300, checkedRows: 2000, seed: 1 };
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
  assert.ok(numbers !== undefined && numbers.rowsPerSecond > 0 && numbers.pingsPerSecond > 0);
  assert.match(measuredTable(results), /^\| absent +\| absent +\|/m);
  const [absence, refusal] = pageNotes(results).filter((note) => /absent|refused/.test(note));
  assert.match(absence ?? "", /absent\. .*apt-get install no-such-runtime/);
  assert.match(refusal ?? "", /refused\. Its rows have .* bytes on average and ours/);
});

test("an interrupted run leaves no server running", { skip: !hasProcFiles }, async () => {
  const interruption = new AbortController();
  const plan = { ours, others: [nodePeer], rounds: 2, rows: 300, checkedRows: 2000, seed: 1 };
  const running = runPeers(plan, () => interruption.abort(), interruption.signal);
  await assert.rejects(running, { name: "AbortError" });
  assert.deepEqual(await processTree(process.pid), [process.pid]);
});

const header = "id,customer,email,quantity,price,paid,created_at,note,status,region";
const row = (id: number | string): string =>
  `${id},Ann,a@example.org,3,-1.50,true,2024-03-20T19:47:13.816Z,,new,Zürich`;

/** Serves a text at every address until the test ends. */
async function serving(t: TestContext, text: string): Promise<URL> {
  const server = createServer((_, res) => res.end(text)).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

test("rows of the right shape are measured by their bytes and features", async (t) => {
  const url = await serving(t, `${header}\n${row(1)}\n${row(2)}\n`);
  const shape = await readShape(url, 2, signal);
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
  ["something that is no CSV", `${header}\n1,"Ann"x\n`, /aren't like ours: .*quote/i],
];

for (const [what, text, reason] of planted) {
  test(`refuses ${what}`, async (t) => {
    const url = await serving(t, text);
    await assert.rejects(readShape(url, 2, signal), { code: "SCSV_MEASUREMENT_INVALID", message: reason });
  });
}

test("names the feature that is rarer than in our rows", () => {
  const like = (share: number): Shape => ({ rows: 100, bytesPerRow: 110, shares: { "a comma": share } });
  assert.equal(differenceOf(like(0.07), like(0.08)), undefined);
  assert.match(differenceOf(like(0.01), like(0.08)) ?? "", /1\.0 % of its rows have a comma, and 8\.0 %/);
});
