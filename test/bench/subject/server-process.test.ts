import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { hasProcFiles } from "../../../bench/probe/proc-file.ts";
import { processTree, stillRunning } from "../../../bench/probe/process-tree.ts";
import {
  startServerProcess,
  type ServerProcessOptions,
} from "../../../bench/subject/process/server-process.ts";

const program = fileURLToPath(new URL("../../../fixtures/programs/faulty-server.js", import.meta.url));
const readyLine = /^listening on (http:\/\/\S+)$/;

function options(fault: string, more: Partial<ServerProcessOptions> = {}): ServerProcessOptions {
  return {
    command: [process.execPath, program, "--fault", fault, "serve"],
    readyLine,
    signal: new AbortController().signal,
    ...more,
  };
}

/** Waits until none of the processes is left, for at most a second. */
async function allEnded(pids: readonly number[]): Promise<boolean> {
  for (let tries = 0; tries < 50; tries += 1) {
    if ((await stillRunning(pids)).length === 0) return true;
    await sleep(20);
  }
  return false;
}

test("a server that says it is ready gives its origin, and is gone after stop", async () => {
  const server = await startServerProcess(options(""));
  assert.match(server.origin, /^http:\/\/127\.0\.0\.1:\d+$/);
  const response = await fetch(`${server.origin}/ping`);
  assert.equal(await response.text(), "pong");
  await Promise.all([server.stop(), server.stop()]);
  assert.ok(await allEnded([server.pid]));
});

test("a server that ends before it is ready is an error that quotes its last words", async () => {
  await assert.rejects(startServerProcess(options("exit-early")), {
    code: "SCSV_TARGET_NOT_READY",
    message:
      /ended before it was ready, with exit code 3\. It wrote: the licence of this fixture has expired/,
  });
});

test("the message for a command that ends with 0 before it is ready says to keep its server in the foreground", async () => {
  const answersAt = [new URL("http://127.0.0.1:9/")];
  const { signal } = new AbortController();
  await assert.rejects(startServerProcess({ command: "sleep 0.05 & exit 0", answersAt, signal }), {
    code: "SCSV_TARGET_NOT_READY",
    message: /ended before it was ready, with exit code 0/,
    hint: /docker run -d, .* keeps the server in the foreground/,
  });
  await assert.rejects(startServerProcess({ command: "exit 3", answersAt, signal }), {
    hint: "Start it by hand to see why.",
  });
});

test("a server that never says it is ready is stopped after the time limit", async () => {
  await assert.rejects(startServerProcess(options("never-ready", { readyTimeoutMs: 600 })), {
    code: "SCSV_TARGET_NOT_READY",
    message: /was not ready after 0\.6 s/,
  });
});

test(
  "a server that listens at another port is distinguished from one that doesn't listen",
  { skip: !hasProcFiles },
  async () => {
    const answersAt = [new URL("http://127.0.0.1:9/ping")];
    const { signal } = new AbortController();
    const script = "net.createServer().listen(0, '127.0.0.1')";
    const command = `'${process.execPath}' -e "${script}"`;
    await assert.rejects(startServerProcess({ command, answersAt, signal, readyTimeoutMs: 3000 }), {
      code: "SCSV_TARGET_NOT_READY",
      message: /127\.0\.0\.1:9\/ping refused the connection, but it listens on port \d+: .*\{port\}/,
      hint: /--ready-timeout/,
    });
  },
);

test("a program that does not exist is an error that names it", async () => {
  await assert.rejects(startServerProcess({ ...options(""), command: ["/nowhere/stream-csv", "serve"] }), {
    code: "SCSV_TARGET_NOT_READY",
    message: /"\/nowhere\/stream-csv serve" could not be started/,
  });
});

test("an abort while a server starts leaves nothing running", { skip: !hasProcFiles }, async () => {
  const stop = new AbortController();
  const starting = startServerProcess(options("never-ready", { signal: stop.signal }));
  await sleep(150);
  const children = (await processTree(process.pid)).slice(1);
  stop.abort(new Error("enough"));
  await assert.rejects(starting, /enough/);
  assert.ok(await allEnded(children));
});

test("a child that outlives its server is ended too", { skip: !hasProcFiles }, async () => {
  const server = await startServerProcess(options("orphan"));
  const tree = await processTree(server.pid);
  assert.equal(tree.length, 2);
  await server.stop();
  assert.ok(await allEnded(tree));
});

test("a server that ignores SIGTERM is killed", { skip: !hasProcFiles }, async () => {
  const server = await startServerProcess(options("stubborn"));
  const tree = await processTree(server.pid);
  await server.stop();
  assert.ok(await allEnded(tree));
});
