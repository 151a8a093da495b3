import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { statsOf, statsWhen } from "../harness/ask.ts";
import { runCliInTurn } from "../harness/cli-in-turn.ts";
import { runCli, startServe, type ServeProcess } from "../harness/cli.ts";
import { connectTo, get } from "../harness/raw-client.ts";

let folder: string;
let deep: string;
/** One server with a folder of several levels, and one with a temporary folder, until tests at the end kill them. */
let named: ServeProcess;
let unnamed: ServeProcess;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "spool-folder-test-"));
  deep = join(folder, "a", "b", "c");
  named = await startServe(["--spool-dir", deep]);
  unnamed = await startServe();
});
after(async () => {
  await named[Symbol.asyncDispose]();
  await unnamed[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test("creates a folder of several levels, and refuses one that can't be created", async () => {
  assert.equal((await statsOf(named)).spool.files, 0);
  assert.ok(existsSync(deep));
  // Nobody can create a folder here, not even root.
  const impossible = existsSync("/proc/self") ? "/proc/spool" : join(deep, "\0");
  const { exitCode, stderr } = await runCliInTurn(["serve", "--port", "0", "--spool-dir", impossible]);
  assert.equal(exitCode, 1);
  assert.match(stderr, /Prepared files can't be kept in the folder/);
});

/** The temporary folder of a server. */
async function temporaryFolderOf(server: ServeProcess, within = tmpdir()): Promise<string> {
  const lockOf = async (name: string): Promise<string> =>
    await readFile(join(within, name, ".stream-csv.lock.1"), "utf8").catch(() => "");
  for (const name of (await readdir(within)).filter((each) => each.startsWith("stream-csv-")))
    if ((await lockOf(name)).includes(`"pid":${server.process.pid},`)) return join(within, name);
  throw new Error("the server has no temporary folder");
}

test("starts at once although another user prepared temporary folders, and doesn't touch them", async () => {
  const trapped = join(folder, "trapped-tmp");
  for (const [name, plant] of [
    ["pipe01", (lock: string) => spawnSync("mkfifo", [lock])],
    ["device", (lock: string) => symlink("/dev/zero", lock)],
    ["file01", (lock: string) => writeFile(lock, "1 1")],
  ] as const) {
    const own = join(trapped, `stream-csv-${name}`);
    await mkdir(own, { recursive: true });
    await plant(join(own, ".stream-csv.lock.1"));
  }
  await symlink(join(trapped, "stream-csv-pipe01"), join(trapped, "stream-csv-linked"));
  await using server = await startServe([], { env: { TMPDIR: trapped } });
  assert.equal((await fetch(`${server.url}/ping`)).status, 200);
  for (const name of ["pipe01", "device", "linked"])
    assert.ok((await readdir(trapped)).includes(`stream-csv-${name}`), name);
});

test("hides prepared files from other users, and creates the folder again when it was removed", async () => {
  for (const [server, spool] of [
    [named, deep],
    [unnamed, await temporaryFolderOf(unnamed)],
  ] as const) {
    const ask = async (): Promise<string> => {
      const response = await fetch(`${server.url}/exports/orders.csv?rows=5&delivery=file`);
      assert.equal(response.status, 200);
      return await response.text();
    };
    const earlier = await ask();
    await rm(spool, { recursive: true });
    assert.equal(await ask(), earlier);
    assert.equal((await stat(spool)).mode & 0o777, 0o700);
    const names = await readdir(spool);
    // A lock, the file and its sidecar.
    assert.equal(names.length, 3);
    for (const name of names) assert.equal((await stat(join(spool, name))).mode & 0o777, 0o600);
    assert.equal((await statsOf(server)).spool.files, 1);
  }
});

test("rebuilds a file that another program changed, even with its old size and time", async () => {
  const url = `${named.url}/exports/orders.csv?rows=50&delivery=file`;
  const earlier = await readdir(deep);
  const first = await fetch(url);
  const text = await first.text();
  const name = (await readdir(deep)).find((each) => each.endsWith(".csv") && !earlier.includes(each)) ?? "";
  const path = join(deep, name);
  const { atime, mtime } = await stat(path);
  await writeFile(path, text.replace(/\d/, "x"));
  await utimes(path, atime, mtime);
  const second = await fetch(url);
  assert.equal(await second.text(), text);
  assert.equal(second.headers.get("repr-digest"), first.headers.get("repr-digest"));
});

test("lets a fifth file wait for its turn, and refuses it only when the queue is full", async () => {
  const ask = async ({ url }: ServeProcess, seed: number): Promise<Response> => {
    const response = await fetch(`${url}/exports/orders.csv?rows=30000&seed=${seed}&delivery=file`);
    await response.arrayBuffer();
    return response;
  };
  const seeds = [1, 2, 3, 4, 5, 6];
  const answers = await Promise.all(seeds.map((seed) => ask(unnamed, seed)));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  await using strict = await startServe(["--queue", "0"]);
  const refused = (await Promise.all(seeds.map((seed) => ask(strict, seed)))).filter(
    ({ status }) => status !== 200,
  );
  assert.equal(refused.length, 2);
  for (const { status, headers } of refused) {
    assert.equal(status, 503);
    assert.ok(Number(headers.get("retry-after")) >= 1);
  }
});

test("rebuilds a file when its source has changed, in size or in time", async () => {
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

test("stops building a file when the last client that waits for it disconnects", async () => {
  const server = unnamed;
  const { files } = (await statsOf(server)).spool;
  const request = get("/exports/orders.csv?rows=20000000&delivery=file");
  const [first, second] = [await connectTo(server.url, request), await connectTo(server.url, request)];
  await statsWhen(server, ({ total }) => total.busySlots >= 2);
  first.socket.resetAndDestroy();
  await statsWhen(server, ({ total }) => total.busySlots <= 1);
  assert.equal((await statsOf(server)).spool.builds, 1);
  second.socket.resetAndDestroy();
  await statsWhen(server, ({ spool }) => spool.builds <= 0);
  assert.equal((await statsOf(server)).spool.files, files);
});

// The following kill the servers that the others share.

test("refuses a folder that another server uses, and takes it over from a killed one", async () => {
  const { exitCode, stderr } = await runCli(["serve", "--port", "0", "--spool-dir", deep]);
  assert.equal(exitCode, 1);
  assert.match(stderr, new RegExp(`process ${named.process.pid}`));
  assert.match(stderr, /--spool-dir/);
  named.process.kill("SIGKILL");
  await named.ended;
  await using second = await startServe(["--spool-dir", deep]);
  assert.equal((await fetch(`${second.url}/ping`)).status, 200);
});

test("removes the temporary folder of a server that was killed", async () => {
  await (await fetch(`${unnamed.url}/exports/orders.csv?rows=5&delivery=file`)).text();
  const left = await temporaryFolderOf(unnamed);
  unnamed.process.kill("SIGKILL");
  await unnamed.ended;
  await using next = await startServe();
  assert.equal((await fetch(`${next.url}/ping`)).status, 200);
  assert.equal(existsSync(left), false);
});
