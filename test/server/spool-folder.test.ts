import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { statsOf } from "../harness/ask.ts";
import { runCli, startServe } from "../harness/cli.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "spool-folder-test-"));
});
after(async () => {
  await rm(folder, { recursive: true });
});

test("makes a folder of several levels, and refuses one that can't be made", async () => {
  const deep = join(folder, "a", "b", "c");
  await using server = await startServe(["--spool-dir", deep]);
  assert.equal((await statsOf(server)).spool.files, 0);
  assert.ok(existsSync(deep));
  // Where nothing can be made, not even for root.
  const impossible = existsSync("/proc/self") ? "/proc/spool" : join(deep, "\0");
  const { exitCode, stderr } = await runCli(["serve", "--port", "0", "--spool-dir", impossible]);
  assert.equal(exitCode, 1);
  assert.match(stderr, /Prepared files can't be kept in the folder/);
});

test("refuses a folder that another server has, and takes it over from one that was killed", async () => {
  const own = join(folder, "shared");
  const first = await startServe(["--spool-dir", own]);
  const { exitCode, stderr } = await runCli(["serve", "--port", "0", "--spool-dir", own]);
  assert.equal(exitCode, 1);
  assert.match(stderr, new RegExp(`process ${first.process.pid}`));
  assert.match(stderr, /--spool-dir/);
  first.process.kill("SIGKILL");
  await first.ended;
  await using second = await startServe(["--spool-dir", own]);
  assert.equal((await fetch(`${second.url}/ping`)).status, 200);
});

test("removes the temporary folder of a server that was killed", async () => {
  const killed = await startServe();
  await (await fetch(`${killed.url}/exports/orders.csv?rows=5&delivery=file`)).text();
  const lockOf = async (name: string): Promise<string> =>
    await readFile(join(tmpdir(), name, ".stream-csv.lock.1"), "utf8").catch(() => "");
  let left = "";
  for (const name of (await readdir(tmpdir())).filter((each) => each.startsWith("stream-csv-")))
    if ((await lockOf(name)).startsWith(`${killed.process.pid} `)) left = join(tmpdir(), name);
  assert.ok(existsSync(left));
  killed.process.kill("SIGKILL");
  await killed.ended;
  await using next = await startServe();
  assert.equal((await fetch(`${next.url}/ping`)).status, 200);
  assert.equal(existsSync(left), false);
});

test("makes a file anew when its source has changed, in size or in time", async () => {
  const source = join(folder, "small.csv");
  const own = join(folder, "versions");
  const ask = async (): Promise<string> => {
    await using server = await startServe(["--spool-dir", own, source]);
    return await (await fetch(`${server.url}/exports/small.csv?delivery=file`)).text();
  };
  await writeFile(source, "id\n1\n");
  assert.equal(await ask(), "id\r\n1\r\n");
  await writeFile(source, "id\n1\n2\n");
  assert.equal(await ask(), "id\r\n1\r\n2\r\n");
  await writeFile(source, "id\n3\n4\n");
  await utimes(source, new Date(), new Date(2_000_000_000_000));
  assert.equal(await ask(), "id\r\n3\r\n4\r\n");
});

test("stops making a file when the last client that waits for it leaves", async () => {
  await using server = await startServe();
  const clients = [new AbortController(), new AbortController()] as const;
  const path = "/exports/orders.csv?rows=20000000&delivery=file";
  const left = clients.map(({ signal }) => fetch(server.url + path, { signal }).catch(() => "left"));
  while ((await statsOf(server)).total.busySlots < 2);
  clients[0].abort();
  while ((await statsOf(server)).total.busySlots > 1);
  assert.equal((await statsOf(server)).spool.builds, 1);
  clients[1].abort();
  while ((await statsOf(server)).spool.builds > 0);
  assert.deepEqual(await Promise.all(left), ["left", "left"]);
  assert.equal((await statsOf(server)).spool.files, 0);
});
