import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { hasProcFiles, threadsOf } from "../../../bench/probe/proc-file.ts";
import { shareCore } from "../../../bench/subject/process/share-core.ts";
import { endWithUs } from "../../harness/children.ts";

const skip = !hasProcFiles;
const neverAborted = new AbortController().signal;

/** A process with several threads, which says so and waits for its end. */
async function idleProcess(): Promise<{ readonly pid: number; end(): Promise<void> }> {
  const child = spawn(process.execPath, ["-e", "console.log(1); setInterval(() => {}, 1000)"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  endWithUs(child);
  await once(child.stdout, "data");
  return {
    pid: child.pid ?? 0,
    async end() {
      const closed = once(child, "close");
      child.kill("SIGKILL");
      await closed;
    },
  };
}

/** The cores each thread of a process may use, as the kernel lists them. */
async function coresOf(pid: number): Promise<readonly string[]> {
  const texts = await Promise.all(
    (await threadsOf(pid)).map((thread) => readFile(`/proc/${pid}/task/${thread}/status`, "utf8")),
  );
  return texts.map((text) => /^Cpus_allowed_list:\s*(.*)$/m.exec(text)?.[1] ?? "");
}

test(
  "all threads of all processes get the same single core, and this process keeps its own",
  { skip },
  async () => {
    const processes = await Promise.all([idleProcess(), idleProcess()]);
    const ownBefore = await coresOf(process.pid);
    try {
      const pids = processes.map(({ pid }) => pid);
      assert.equal(await shareCore(pids, neverAborted), null);
      const cores = (await Promise.all(pids.map(coresOf))).flat();
      assert.ok(cores.length > pids.length, "there are threads beside the main ones");
      assert.equal(new Set(cores).size, 1);
      assert.match(cores[0] ?? "", /^\d+$/);
      assert.deepEqual(new Set(await coresOf(process.pid)), new Set(ownBefore));
    } finally {
      await Promise.all(processes.map((one) => one.end()));
    }
  },
);

test("a process that has ended does not disturb the others", { skip }, async () => {
  const { pid, end } = await idleProcess();
  await end();
  assert.equal(await shareCore([pid], neverAborted), null);
});

test("reports why processes could not be put on a core", { skip }, async () => {
  const { execPath } = process;
  const path = process.env["PATH"];
  // Tools are looked for beside the running Node, too.
  process.execPath = "/nonexistent/node";
  process.env["PATH"] = "/nonexistent";
  try {
    assert.match((await shareCore([process.pid], neverAborted)) ?? "", /taskset.*ENOENT/);
  } finally {
    process.execPath = execPath;
    process.env["PATH"] = path;
  }
});
