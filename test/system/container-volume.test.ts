import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { formatHolder, ownHolder } from "../../src/spool/folder/lock-holder.ts";
import { statsOf } from "../harness/ask.ts";
import { cliPath, startProgram, startServe } from "../harness/cli.ts";
import { noNamespaces, onlyChildOf, underPidNamespace } from "../harness/namespace.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "container-volume-test-"));
});
after(async () => {
  await rm(folder, { recursive: true });
});

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
  const server = startProgram([cliPath, "serve", "--port", "0", "--spool-dir", own]);
  // It looks at the lock again and again, for up to 16 s.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.equal(server.process.exitCode, null);
  server.process.kill("SIGTERM");
  const { exitCode, stderr } = await server.ended;
  assert.equal(exitCode, 0, stderr);
  assert.deepEqual(await readdir(own), [".stream-csv.lock.1"]);
});
