import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startServer, type RunningServer } from "../../src/server.ts";
import type { ServerStats } from "../../src/server/metrics/server-stats.ts";
import { defaultSettings } from "../../src/server/shared/settings.ts";
import { statsOf } from "../harness/ask.ts";
import { startServe } from "../harness/cli.ts";
import { connectTo, get } from "../harness/raw-client.ts";

const skip = process.platform === "linux" ? false : "needs /proc";

/** Its rows keep a process busy for ever, at once or after some rows; no timer and no message gets a turn. */
const program = `
export default {
  exports: {
    looping: {
      columns: ["n"],
      parameters: { after: { type: "integer" } },
      *rows({ parameters: { after } }) {
        for (let n = 0; n < after; n += 1) yield [n];
        for (;;);
      },
    },
  },
};`;

let folder: string;
let module: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "endless-loop-"));
  module = join(folder, "stream-csv.config.mjs");
  await writeFile(module, program);
});
after(() => rm(folder, { recursive: true }));

describe("with a worker in an endless loop", () => {
  let server: RunningServer;
  before(async () => {
    const parameters = { after: { type: "integer" as const } };
    server = await startServer({
      port: 0,
      log: { ...defaultSettings.log, level: "silent" },
      workers: 2,
      hangTimeoutMs: 4000,
      sources: [{ name: "looping", module, columns: ["n"], parameters }],
      generated: true,
    });
  });
  after(async () => {
    server.kill();
    await server.stopped;
  });

  /** One request on a connection of its own; "cut" where no whole answer came. */
  async function ask(path: string): Promise<string> {
    const client = await connectTo(server.url, get(path, { Connection: "close" }));
    return await client.readAll().catch(() => "cut");
  }

  async function restarts(): Promise<number> {
    const text = await ask("/stats");
    if (!text.startsWith("HTTP/1.1 200 ")) return 0;
    const stats = JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4)) as ServerStats;
    return stats.workers.reduce((sum, worker) => sum + worker.restarts, 0);
  }

  // Some thousand rows are sent before the loop begins.
  for (const [index, rows] of [0, 200_000].entries()) {
    test(`it is replaced, all its clients are cut or refused, and others are served (after ${rows} rows)`, async () => {
      const looping = ask(`/exports/looping.csv?after=${rows}&rows=9000000`);
      // Half of these are handed to that worker before it is known not to answer.
      const others = Array.from({ length: 10 }, () => ask("/ping"));
      const text = await looping;
      assert.ok(!text.endsWith("0\r\n\r\n"), text.slice(-100));
      for (const answer of await Promise.all(others))
        assert.match(answer, /^(?:cut|)$|^HTTP\/1\.1 (?:200|503) /);
      while ((await restarts()) !== index + 1) await sleep(20);
      for (const answer of await Promise.all(Array.from({ length: 4 }, () => ask("/ping"))))
        assert.match(answer, /^HTTP\/1\.1 200 [\s\S]*pong$/);
    });
  }
});

function childrenOf(pid: number | undefined): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

for (const [what, delivery] of [
  ["worker", "streaming"],
  ["builder", "file"],
] as const) {
  test(
    `a ${what} in an endless loop ends although the primary is killed, and the guard with it`,
    { skip },
    async () => {
      const server = await startServe(["--workers", "1"], { cwd: folder });
      const { pid } = server.process;
      await statsOf(server);
      const asked = fetch(`${server.url}/exports/looping.csv?after=0&delivery=${delivery}`);
      const guards = (): readonly number[] =>
        childrenOf(pid).filter((child) => commandOf(child).includes("stream-csv-guard"));
      const cut = assert.rejects(asked);
      while (guards().length === 0) await sleep(20);
      const children = childrenOf(pid);
      assert.ok(children.length > 1);
      server.process.kill("SIGKILL");
      await server.ended.catch(() => undefined);
      while (children.some(isRunning)) await sleep(20);
      await cut;
    },
  );
}

test("a worker that answers again keeps no guard", { skip }, async () => {
  await using server = await startServe(["--workers", "1"]);
  const { pid } = server.process;
  const [worker] = (await statsOf(server)).workers;
  assert.ok(worker !== undefined);
  const atRest = childrenOf(pid).length;
  process.kill(worker.pid, "SIGSTOP");
  while (childrenOf(pid).length === atRest) await sleep(20);
  process.kill(worker.pid, "SIGCONT");
  while (childrenOf(pid).length !== atRest) await sleep(20);
  assert.equal((await fetch(`${server.url}/ping`)).status, 200);
});
