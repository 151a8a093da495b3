import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { formatHolder, ownHolder } from "../../src/spool/folder/lock-holder.ts";
import { statsOf } from "../harness/ask.ts";
import { cliPath, startProgram, startServe, type ServeProcess } from "../harness/cli.ts";
import { noNamespaces, onlyChildOf, underPidNamespace } from "../harness/namespace.ts";

let folder: string;
/** A server whose temporary folders are shared with other containers. */
let sharing: ServeProcess;
let refreshing: NodeJS.Timeout | undefined;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "container-volume-test-"));
  // That of a killed container, and a copy whose holder refreshes it.
  for (const name of ["killed", "living"]) {
    await mkdir(temporary(name), { recursive: true, mode: 0o700 });
    const holder = { ...(await ownHolder(name)), pidNamespace: "pid:[1]", pid: 1 };
    await writeFile(lockIn(temporary(name)), formatHolder(holder), { mode: 0o600 });
  }
  refreshing = setInterval(() => {
    utimes(lockIn(temporary("living")), new Date(), new Date()).catch(() => undefined);
  }, 1000);
  sharing = await startServe([], { env: { TMPDIR: join(folder, "tmp") } });
});
after(async () => {
  clearInterval(refreshing);
  await sharing[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const temporary = (name: string): string => join(folder, "tmp", `stream-csv-${name}`);
const lockIn = (directory: string): string => join(directory, ".stream-csv.lock.1");

test(
  "refuses a folder to another container that shares it, until the first one is gone",
  {
    skip: noNamespaces,
  },
  async () => {
    const own = join(folder, "volume");
    const first = await startServe(["--spool-dir", own], { under: underPidNamespace });
    const inner = onlyChildOf(first.process.pid);
    await (await fetch(`${first.url}/exports/orders.csv?rows=5&delivery=file`)).text();
    const second = startProgram([cliPath, "serve", "--port", "0", "--spool-dir", own], {
      under: underPidNamespace,
    });
    const { exitCode, stderr } = await second.ended;
    assert.equal(exitCode, 1);
    assert.match(stderr, /holds the prepared files of another server, the process 1 on /);
    process.kill(inner, "SIGKILL");
    await first.ended;
    // It waits until the first one can't be merely slow.
    const third = await startServe(["--spool-dir", own], { under: underPidNamespace });
    assert.equal((await statsOf(third)).spool.files, 1);
    process.kill(onlyChildOf(third.process.pid), "SIGTERM");
    await third.ended;
  },
);

test("obeys a signal while it waits for a folder that another machine may still use", async () => {
  const own = join(folder, "foreign");
  await mkdir(own);
  const foreign = { ...(await ownHolder("planted")), host: "another", boot: "another", pid: 1 };
  await writeFile(join(own, ".stream-csv.lock.1"), formatHolder(foreign), { mode: 0o600 });
  const server = startProgram([cliPath, "serve", "--port", "0", "--log-format", "json", "--spool-dir", own]);
  // It looks at the lock again and again, for up to 16 s.
  while (!server.stderr().includes("\n")) await once(server.process.stderr, "data");
  const { level, folder: named, holder, msg } = JSON.parse(server.stderr()) as Record<string, unknown>;
  assert.deepEqual([level, named, holder], [40, own, { pid: 1, host: "another" }]);
  assert.equal(
    msg,
    "the folder of prepared files may be in use by another server; watching it for at most 16 s",
  );
  server.process.kill("SIGTERM");
  const { exitCode, stderr } = await server.ended;
  assert.equal(exitCode, 0, stderr);
  assert.deepEqual(await readdir(own), [".stream-csv.lock.1"]);
});

test("removes the temporary folder of a killed container once it has watched it, and none that is in use", async () => {
  assert.equal((await fetch(`${sharing.url}/ping`)).status, 200);
  while (existsSync(temporary("killed"))) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(existsSync(lockIn(temporary("living"))), true);
});
