import assert from "node:assert/strict";
import { createServer, type AddressInfo } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { hasProcFiles } from "../../../bench/probe/proc-file.ts";
import { measureDuet } from "../../../bench/session/measure/measure-duet.ts";
import { measureExport, prepareServer } from "../../../bench/session/measure/measure-export.ts";
import { hasThreadPerConnection, noticeEndingThreads } from "../../../bench/session/server/ending-threads.ts";
import { forgetsEnded } from "../../../bench/session/server/server-work.ts";
import { readFrom, withServer, type ServedExport, type Session } from "../../../bench/session/session.ts";
import { foreignTarget } from "../../../bench/subject/foreign-target.ts";
import { checkTarget } from "../../../bench/subject/target-settings.ts";
import type { RunningTarget, Target } from "../../../bench/subject/target.ts";
import { systemClock } from "../../../src/ground.ts";
import { endOnSignal } from "../../harness/children.ts";

endOnSignal();

const skip = !hasProcFiles;
const program = fileURLToPath(
  new URL("../../../../fixtures/programs/thread-per-connection.py", import.meta.url),
);
const { signal } = new AbortController();
const session: Session = { exportName: "", clock: systemClock, signal };

function targetOf(rows: number, sleepSeconds: number, settings: { readonly ping?: null } = {}): Target {
  const command = `exec python3 '${program}' {port} ${rows} ${sleepSeconds}`;
  const url = "http://127.0.0.1:{port}/rows.csv";
  return foreignTarget(checkTarget("api", { command, url, ...settings }, []));
}

/** Does something with a fresh server that was warmed up. */
function withWarm<T>(target: Target, use: (served: ServedExport) => Promise<T>): Promise<T> {
  return withServer({ target, signal, rows: 1 }, async (server) => {
    const served = { session, server, request: { delivery: null, rows: 1 } };
    await prepareServer(served);
    return await use(served);
  });
}

for (const [what, settings] of [
  ["one with a ping path", {}],
  ["one without", { ping: null }],
] as const) {
  test(
    `the CPU time of an export that is shorter than a tick is that of its thread, which ends with it, on ${what}`,
    { skip },
    async () => {
      await withWarm(targetOf(3000, 0, settings), async (served) => {
        const { measured } = await measureExport(served, 3000, null);
        const origin = new URL("/used", served.server.origin);
        const own = Number(await (await fetch(origin, { signal })).text());
        assert.ok(own > 0.0005 && own < 0.02, `${own}`);
        const found = measured.cpu_s_per_export ?? 0;
        // Beside its threads, the server takes connections. The last tick may be missing.
        assert.ok(found > own * 0.6 && found < own * 2.5, `${found} of ${own}`);
      });
    },
  );
}

test("a server that resets a connection before its request doesn't end the run", { skip }, async (t) => {
  const listener = createServer((socket) => socket.resetAndDestroy());
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  t.after(() => listener.close());
  const origin = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  const server: RunningTarget = {
    origin,
    pid: process.pid,
    lastWords: () => "",
    stop: () => Promise.resolve(),
    exportUrl: () => new URL(origin),
    readyUrl: new URL("/ping", origin),
    pingUrl: new URL("/ping", origin),
    statsUrl: null,
  };
  await noticeEndingThreads(server, signal);
  assert.equal(hasThreadPerConnection(server), false);
});

for (const [what, env] of [
  ["waits for the process of an export", {}],
  ["lets the system forget it", { UNAWAITED: "1" }],
] as const) {
  test(`notices whether a server ${what}`, { skip }, async () => {
    const file = fileURLToPath(new URL("../../../../fixtures/programs/forking-export.py", import.meta.url));
    const command = `PORT={port} exec python3 '${file}'`;
    const url = "http://127.0.0.1:{port}/x.csv";
    const target = foreignTarget(checkTarget("api", { command, url, env, ping: null, stats: null }, []));
    await withWarm(target, async (served) => {
      await measureExport(served, 2000, null);
      assert.equal(forgetsEnded(served.server), "UNAWAITED" in env);
    });
  });
}

test("CPU time that is too short to be counted is unknown, and not nothing", { skip }, async () => {
  const target = targetOf(10, 0.2);
  await withWarm(target, async (served) => {
    const { measured, isCpuTooShort } = await measureExport(served, 10, null);
    assert.deepEqual([measured.cpu_s_per_export, measured.cpu_s_per_mib], [null, null]);
    assert.ok(isCpuTooShort);
    const { bodyBytes, crc32 } = await readFrom(served, { checksum: true });
    const body = { rows: 10, bytes: bodyBytes, crc32: crc32 ?? 0 };
    const item = { id: "api", target, delivery: null, rows: 10, body };
    const options = { turns: 2, idleBytes: new Map<string, number>() };
    const { arms } = await measureDuet(session, [{ item, server: served.server }], options);
    assert.equal(arms["api"]?.cpu_s_per_mib, null);
  });
});
