import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { statsOf, transferWhen } from "../harness/ask.ts";
import { startServe, type ServeProcess } from "../harness/cli.ts";
import { noNamespaces, underTmpfs, within } from "../harness/namespace.ts";

const skip = noNamespaces;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "spool-disk-test-"));
});
after(async () => {
  await rm(folder, { recursive: true });
});

/** A server whose prepared files are on a separate small disk. */
async function startOnDisk(
  name: string,
  options: string,
  flags: readonly string[] = [],
): Promise<ServeProcess> {
  const disk = join(folder, name);
  await mkdir(disk);
  return await startServe(["--spool-dir", disk, ...flags], { under: underTmpfs(disk, options) });
}

interface Asked {
  readonly status: number;
  readonly code: string | undefined;
  readonly bytes: number;
}

/** About 110 bytes a row. */
async function ask({ url }: ServeProcess, rows: number, seed: number, delivery = "file"): Promise<Asked> {
  const response = await fetch(`${url}/exports/orders.csv?rows=${rows}&seed=${seed}&delivery=${delivery}`);
  const text = await response.text();
  const isProblem = response.headers.get("content-type") === "application/problem+json";
  const code = isProblem ? (JSON.parse(text) as { readonly code: string }).code : undefined;
  return { status: response.status, code, bytes: text.length };
}

function filesOn(server: ServeProcess, name: string): readonly string[] {
  return within(server.process.pid, ["ls", join(folder, name)])
    .split("\n")
    .filter((file) => file !== "");
}

for (const [title, name, options] of [
  ["space", "full", "size=8m"],
  ["inodes", "inodes", "size=64m,nr_inodes=8"],
] as const) {
  test(`a disk that runs out of ${title} loses files that nobody reads`, { skip }, async () => {
    await using server = await startOnDisk(name, options);
    // Each has about 3 MB and two inodes, so no more than two or three fit.
    for (let seed = 1; seed <= 6; seed += 1) assert.equal((await ask(server, 28_000, seed)).status, 200);
    const { files } = (await statsOf(server)).spool;
    assert.ok(files >= 1 && files <= 3, `${files} files`);
    // The most recently used file still exists.
    assert.equal((await ask(server, 28_000, 6)).status, 200);
    assert.equal(filesOn(server, name).filter((file) => file.endsWith(".part")).length, 0);
  });
}

test(
  "a file that doesn't fit on an empty disk is a 507 that says so, and leaves nothing behind",
  { skip },
  async () => {
    await using server = await startOnDisk("small", "size=8m");
    assert.equal((await ask(server, 1000, 1)).status, 200);
    const response = await fetch(`${server.url}/exports/orders.csv?rows=200000&delivery=file`);
    const problem = (await response.json()) as { readonly code: string; readonly detail: string };
    assert.equal(response.status, 507);
    assert.equal(problem.code, "SCSV_SPOOL_FULL");
    assert.ok(!JSON.stringify(problem).includes(folder), "clients aren't told where files are");
    const transfers = (await (await fetch(`${server.url}/transfers`)).json()) as {
      readonly transfers: readonly { readonly id: string }[];
    };
    const { state, error } = await transferWhen(server, transfers.transfers.at(-1)?.id);
    assert.deepEqual([state, error?.code], ["failed", "SCSV_SPOOL_FULL"]);
    assert.deepEqual(filesOn(server, "small"), []);
    assert.equal((await ask(server, 200_000, 1, "streaming")).status, 200);
    assert.equal((await ask(server, 1000, 2)).status, 200);
    await server.logged(({ folder: at }) => at === join(folder, "small"));
  },
);

test(
  "a disk that became read-only is a 503 with a code; kept files are sent, and a good stop is one",
  { skip },
  async () => {
    const server = await startOnDisk("readonly", "size=8m");
    assert.equal((await ask(server, 1000, 1)).status, 200);
    within(server.process.pid, ["mount", "-o", "remount,ro", join(folder, "readonly")]);
    assert.equal((await ask(server, 1000, 1)).status, 200);
    const { status, code } = await ask(server, 1000, 2);
    assert.deepEqual([status, code], [503, "SCSV_SPOOL_UNUSABLE"]);
    assert.equal((await ask(server, 1000, 2, "streaming")).status, 200);
    server.process.kill("SIGTERM");
    assert.equal((await server.ended).exitCode, 0);
    assert.match(server.stderr(), /couldn't be cleaned up/);
  },
);

test("works again by itself when the disk is writable again", { skip }, async () => {
  await using server = await startOnDisk("again", "size=8m");
  const remount = (how: string): string =>
    within(server.process.pid, ["mount", "-o", `remount,${how}`, join(folder, "again")]);
  remount("ro");
  assert.equal((await ask(server, 1000, 1)).status, 503);
  remount("rw");
  assert.equal((await ask(server, 1000, 1)).status, 200);
});
