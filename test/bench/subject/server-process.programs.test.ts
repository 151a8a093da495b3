import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { findListener } from "../../../bench/probe/listener.ts";
import { hasProcFiles } from "../../../bench/probe/proc-file.ts";
import { processTree, stillRunning } from "../../../bench/probe/process-tree.ts";
import { findFreePort } from "../../../bench/subject/process/find-free-port.ts";
import {
  startServerProcess,
  type ServerProcessOptions,
} from "../../../bench/subject/process/server-process.ts";
import { noNginx } from "../../harness/nginx.ts";

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

test("a command that ends with a message without a line's end is quoted", async () => {
  const answersAt = [new URL("http://127.0.0.1:9/")];
  const { signal } = new AbortController();
  const command = "printf 'starting\\nno database'; printf ' at shop' >&2; exit 3";
  await assert.rejects(startServerProcess({ command, answersAt, signal }), {
    message: /with exit code 3\. It wrote: starting\nno database at shop$/,
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
    message:
      /"\/nowhere\/stream-csv serve" could not be started: there is no program "\/nowhere\/stream-csv"/,
    hint: /write --against git:/,
  });
  await assert.rejects(startServerProcess({ ...options(""), command: ["/", "serve"] }), {
    code: "SCSV_TARGET_NOT_READY",
    message: /"\/ serve" could not be started: spawn \/ EACCES/,
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

/** A line that starts a daemon, and stays. Its standard output and error are those of a daemon. */
async function daemonLine(kind: string, folder: string, port: number): Promise<string> {
  if (kind === "one without the environment of its command") {
    const script = `http.createServer((_, answer) => answer.end("pong")).listen(${port}, "127.0.0.1")`;
    return `(env -i PATH="$PATH" setsid '${process.execPath}' -e '${script}' < /dev/null > /dev/null 2>&1 &) ; sleep 100`;
  }
  const configuration = join(folder, "nginx.conf");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  await writeFile(
    configuration,
    `daemon on; pid ${folder}/pid; error_log ${folder}/log; events { worker_connections 8; }
http { access_log off; ${temporary.join(" ")} server { listen 127.0.0.1:${port}; return 200 pong; } }`,
  );
  return `PATH="$PATH:/usr/sbin" nginx -c '${configuration}' && sleep 100`;
}

const daemons = [
  { kind: "one without the environment of its command", skip: !hasProcFiles },
  { kind: "nginx, which writes its title over its environment", skip: !hasProcFiles || noNginx },
];
for (const { kind, skip } of daemons) {
  test(`a daemon belongs to the server, and is ended with it: ${kind}`, { skip }, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
    t.after(() => rm(folder, { recursive: true }));
    const port = await findFreePort();
    const address = new URL(`http://127.0.0.1:${port}/`);
    const { signal } = new AbortController();
    const command = await daemonLine(kind, folder, port);
    const server = await startServerProcess({ command, answersAt: [address], signal });
    t.after(() => server.stop());
    const listener = await findListener(port, [server.pid, ...server.members]);
    if (listener.place === "outside" && listener.pid !== null) process.kill(listener.pid, "SIGTERM");
    assert.deepEqual(listener, { place: "inside" });
    await server.stop();
    assert.deepEqual(await stillRunning(server.members), []);
    await assert.rejects(fetch(address));
  });
}
