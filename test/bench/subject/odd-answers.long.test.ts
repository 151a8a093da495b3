import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  runBench,
  type BenchConfig,
  type BenchHooks,
  type BenchRun,
  type MachineSample,
} from "../../../bench/index.ts";
import { findListener } from "../../../bench/probe/listener.ts";
import { hasProcFiles } from "../../../bench/probe/proc-file.ts";
import { processTree, residentBytes, stillRunning } from "../../../bench/probe/process-tree.ts";
import { processesOf } from "../../../bench/session/server/server-processes.ts";
import { serverWork } from "../../../bench/session/server/server-work.ts";
import { foreignTarget } from "../../../bench/subject/foreign-target.ts";
import { parseTarget, checkTarget } from "../../../bench/subject/target-settings.ts";
import type { TargetSettings } from "../../../bench/subject/target-spec.ts";
import type { Target } from "../../../bench/subject/target.ts";
import { runCli } from "../../harness/cli.ts";
import { endOnSignal } from "../../harness/children.ts";

endOnSignal();

const folder = new URL("../../../fixtures/programs/", import.meta.url);
const odd = fileURLToPath(new URL("odd-answers.js", folder));
const http10 = fileURLToPath(new URL("../../../../fixtures/programs/http10-export.py", import.meta.url));
const prefork = fileURLToPath(new URL("../../../../fixtures/programs/prefork-export.py", import.meta.url));
const forking = fileURLToPath(new URL("../../../../fixtures/programs/forking-export.py", import.meta.url));
const recycling = fileURLToPath(
  new URL("../../../../fixtures/programs/recycling-export.py", import.meta.url),
);
const signal = new AbortController().signal;
const skip = !hasProcFiles;

function command(kind: string, host = ""): string {
  return `PORT={port} exec '${process.execPath}' '${odd}' ${kind} ${host} @ http://127.0.0.1:{port}/x.csv`;
}

function targetOf(text: string, more: TargetSettings = {}): Target {
  const { name, settings } = parseTarget(text);
  return foreignTarget(checkTarget(name, { ...settings, ...more }, []));
}

/** One quick round, after which nothing that was started is left. */
async function run(config: Partial<BenchConfig>, hooks: Partial<BenchHooks> = {}): Promise<BenchRun> {
  const outcome = await runBench(
    { seed: 1, rounds: 1, isQuick: true, scenarios: ["export"], ...config },
    { cli: [process.execPath, odd], tool: { name: "stream-csv", version: "0.0.0" }, ...hooks },
  );
  if (hasProcFiles) assert.deepEqual(await processTree(process.pid), [process.pid]);
  return outcome;
}

const refused: readonly (readonly [kind: string, sentence: RegExp])[] = [
  ["page", /^The export of bad is a page for people \(text\/html\) and not rows; it begins with .*Log in/],
  ["login", /^The export of bad answered 302 instead of 200, with a redirect to \/login\?next=\/x\.csv/],
  ["closed", /^The export of bad answered 401 .*asking for Bearer realm=shop; .*--header/],
  ["broken", /answered 500 instead of 200, with the page: Server Error\. The server's last lines: Traceback/],
  ["gzip", /^The export of bad is packed \(Content-Encoding: gzip\)/],
  ["spreadsheet", /^The export of bad is packed \(its first bytes/],
  ["empty", /^The export of bad has no rows: its body is empty\. Fill its source/],
  ["header", /^The export of bad has no rows: its body has one line, which counts as the header\./],
  ["json", /^The export of bad is JSON \(application\/json; charset=utf-8\) and not rows of CSV; .*\[\{/],
  ["missing", /^The export of bad answered 404 instead of 200 at http:\/\/127\.0\.0\.1:\d+\/x\.csv/],
  ["growing", /^bad gave 1,001 rows at the first request and 1,002 rows at the second/],
  ["stamped", /^bad gave other bytes .*: line 1 is now "made at 2,x"\. .*--integrity rows/],
  [
    "dies",
    /^bad: Reading .* failed: .*missing: the last chunk\. The server ended with exit code 9\. .*out of licences/,
  ],
  ["cut", /^bad: Reading .* failed: .*missing: the last chunk/],
];
for (const [kind, sentence] of refused) {
  test(`an export that is ${kind} makes the run invalid, with one sentence`, async () => {
    const { result, fault } = await run({ targets: [`bad=${command(kind)}`] });
    assert.equal(result.exitCode, 4);
    assert.match(fault?.message ?? "", sentence);
  });
}

test("an export that never answers makes the run invalid within its time-out, with one sentence", async () => {
  const { result, fault } = await run({ targets: [`bad=${command("silent")}`] }, { idleTimeoutMs: 700 });
  assert.equal(result.exitCode, 4);
  assert.deepEqual(result.rounds, []);
  assert.match(
    fault?.message ?? "",
    /^bad: Reading http:\/\/127\.0\.0\.1:\d+\/x\.csv failed: nothing came for 700 ms\.?$/,
  );
});

/** A machine that nobody else is on, so that no round is repeated. */
const calm = (): Promise<MachineSample> => Promise.resolve({ ticks: null, throttling: null });

test("a run without budgets says that a CPU limit stopped its processes", async () => {
  let periods = 0;
  const sampleMachine = (): Promise<MachineSample> => {
    periods += 100;
    return Promise.resolve({ ticks: null, throttling: { periods, throttledPeriods: periods / 2 } });
  };
  const { result, fault } = await run({ targets: [`api=${command("right")}`] }, { sampleMachine });
  assert.equal(fault, null);
  assert.equal(result.verdict, "informational");
  assert.match(result.warnings.join("\n"), /stopped the processes in 50 of 100 periods meanwhile/);
});

test("a target that dies in a timed round makes the round and the run invalid, with its last lines", async () => {
  // Two exports are right when they are checked, and the warm-up and the first turn of a round.
  const gate = { against: command("right"), budgets: ["bad.total_s=1000%"] };
  const { result, fault } = await run(
    { targets: [`bad=${command("expires")}`], ...gate },
    { sampleMachine: calm },
  );
  assert.deepEqual([result.exitCode, result.verdict, result.complete], [4, "invalid", false]);
  const sentence =
    /^bad: Reading .* failed: .*missing: the last chunk\. The server ended with exit code 9\. .*out of licences/;
  assert.match(fault?.message ?? "", sentence);
  assert.equal(result.integrity.equal, true);
  assert.deepEqual(
    result.rounds.map(({ valid }) => valid),
    [false],
  );
  assert.match(result.rounds[0]?.reason ?? "", sentence);
});

test("the bench prints the error of a target that dies once, on standard error, and a report that says which round it ended", async () => {
  const target = `bad=${command("expires")}`;
  const gate = ["--against", command("right"), "--budget", "bad.total_s=1000%", "--rounds", "1"];
  const { exitCode, stdout, stderr } = await runCli(["bench", "--quick", "--target", target, ...gate]);
  assert.equal(exitCode, 4, stderr);
  assert.match(stdout, /Round 1 of export doesn't count: standard error has the error that ended it\./);
  assert.equal(`${stdout}${stderr}`.split("out of licences").length, 2, `${stdout}\n${stderr}`);
  assert.match(stderr, /^error: bad: Reading .*out of licences/m);
});

test("where only rows are compared, other bytes in every body are measured, and other rows are not", async () => {
  const { result, fault } = await run({ targets: [`live=${command("stamped")}`], integrity: "rows" });
  assert.equal(fault, null);
  assert.equal(result.rounds[0]?.arms["live"]?.["rows"], 1001);
  assert.equal(result.integrity.sha256, null);
  assert.match(result.warnings.join("\n"), /Of live rows and columns are compared/);
  const growing = await run({ targets: [`live=${command("growing")}`], integrity: "rows" });
  assert.match(growing.fault?.message ?? "", /1,001 rows at the first request and 1,002/);
});

test("bodies that end with the connection are measured, sized by their rows, with a footnote", async () => {
  const place = "http://127.0.0.1:{port}/x.csv?rows={rows}";
  const target = `py=PORT={port} exec python3 '${http10}' @ ${place}`;
  const { result, fault } = await run({ targets: [target], rows: 2000 });
  assert.equal(fault, null);
  assert.equal(result.rounds[0]?.arms["py"]?.["rows"], 2000);
  assert.match(result.warnings.join("\n"), /Bodies of py end with the connection/);
});

for (const [what, line, ping, isCounted] of [
  ["end with the connection", `PORT={port} exec python3 '${http10}'`, "/ping", false],
  ["have a length", `PORT={port} exec '${process.execPath}' '${odd}' right`, "/healthz", true],
] as const) {
  test(`a footnote ${isCounted ? "doesn't name" : "names"} short answers that ${what}`, async () => {
    const { result, fault } = await run({
      targets: [`py=${line} @ http://127.0.0.1:{port}/x.csv`],
      targetDefaults: { ping },
    });
    assert.equal(fault, null);
    const measured = result.rounds.map(({ arms }) => arms["py"]?.["ping_per_s_idle"]);
    assert.equal(typeof measured.at(-1) === "number", isCounted);
    const note =
      /What short requests lose beside the exports of py is left out: .* counted at \/ping within /;
    assert.equal(note.test(result.warnings.join("\n")), !isCounted);
  });
}

test("a body that ends with the connection too early is noticed by its rows", async () => {
  const target = `py=PORT={port} exec python3 '${http10}' cut @ http://127.0.0.1:{port}/x.csv`;
  const { result, fault } = await run({ targets: [target] });
  assert.equal(result.exitCode, 4);
  assert.match(
    fault?.message ?? "",
    /^py gave 2,000 rows at the first request and 1,000 rows at the second\. Its body ends with the connection, so it may have been cut/,
  );
});

test("user and password of an address are sent as Basic, and stand in no message and no result", async () => {
  const place = "http://u:p@127.0.0.1:{port}/x.csv";
  const target = `api=PORT={port} exec '${process.execPath}' '${odd}' asked @ ${place}`;
  const { result, fault } = await run({ targets: [target] });
  assert.equal(fault, null);
  assert.doesNotMatch(JSON.stringify(result), /u:p@|dTpw/);
  const wrong = await run({ targets: [target.replace("u:p@", "u:secret@")] });
  assert.match(wrong.fault?.message ?? "", /answered 401/);
  assert.doesNotMatch(`${wrong.fault?.message} ${JSON.stringify(wrong.result)}`, /secret/);
});

test("a server that listens only at the other loopback address is found when no address was given", async () => {
  const target = `api=PORT={port} exec '${process.execPath}' '${odd}' right ::1`;
  const { origin, stop } = await targetOf(target).start(signal, 1);
  assert.match(origin, /^http:\/\/\[::1\]:\d+$/);
  await stop();
});

test("a server that listens only at the other loopback address is named when its address was given", async (t) => {
  // It runs already, so that it answers before the time is over, however busy the machine is.
  const server = createServer((_, response) => response.end("pong")).listen(0, "::1");
  t.after(() => server.close());
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  const line = `api=exec sleep 100 @ http://127.0.0.1:${address.port}/x.csv`;
  await assert.rejects(targetOf(line, { readyTimeout: "1s" }).start(signal, 1), {
    message:
      /not ready after 1 s: http:\/\/127\.0\.0\.1:\d+\/ping refused .*but http:\/\/\[::1\]:\d+\/ping answers/,
  });
});

test("a status of 500 and above is not ready, and the address and its status are named", async () => {
  const target = targetOf(`api=${command("right")}`, { ready: "/starting", readyTimeout: "3s" });
  await assert.rejects(target.start(signal, 1), {
    code: "SCSV_TARGET_NOT_READY",
    message: /was not ready after 3 s: http:\/\/127\.0\.0\.1:\d+\/starting answered 503/,
  });
});

test("the short request may have another path, or none", async () => {
  const ours = await targetOf(`api=${command("right")}`, { ping: "/healthz" }).start(signal, 1);
  assert.equal(ours.pingUrl?.pathname, "/healthz");
  await ours.stop();
  const none = await targetOf(`api=${command("right")}`, { ping: null }).start(signal, 1);
  assert.equal(none.pingUrl, null);
  assert.equal(none.pingProblem, undefined);
  await none.stop();
});

test("a server may write to /dev/stdout and /dev/stderr, and both are quoted", async () => {
  const line = "echo to-out > /dev/stdout; echo to-err > /dev/stderr; echo plain; exit 3; : {port}";
  await assert.rejects(targetOf(`api=${line}`).start(signal, 1), {
    message: /exit code 3\. It wrote: to-out\nto-err\nplain/,
  });
});

/** As `docker run` does, starts a server in nothing of the command's own, without its files, and ends when that has ended. */
function outsideLine(): string {
  const file = join(tmpdir(), "stream-csv-test-{port}.pid");
  const server = `echo $$ > ${file}; exec "$0" "$1" right`;
  const outside = `env -u STREAM_CSV_BENCH_SERVER PORT={port} setsid -f sh -c '${server}' '${process.execPath}' '${odd}'`;
  const end = `kill $(cat ${file}); while kill -0 $(cat ${file}); do sleep 0.02; done; rm ${file}; exit`;
  return `${outside} < /dev/null > /dev/null 2>&1 3>&-; trap '${end}' TERM; sleep 100 & wait`;
}

test("a daemon that listens itself counts, and is ended", { skip }, async () => {
  const daemon = `setsid '${process.execPath}' '${odd}' right < /dev/null > /dev/null 2>&1 &`;
  const target = `api=(PORT={port} ${daemon}) ; sleep 100 @ http://127.0.0.1:{port}/x.csv`;
  const { result, fault } = await run({ targets: [target] });
  assert.equal(fault, null);
  const { cpu_s_per_export: cpu, idle_rss_bytes: idle } = result.rounds[0]?.arms["api"] ?? {};
  // A Node process, beside a shell and its sleep.
  assert.ok(Number(cpu) > 0 && Number(idle) > 20 * 2 ** 20, `${cpu} s, ${idle} bytes`);
  const { origin, stop } = await targetOf(target).start(signal, 1);
  await stop();
  await assert.rejects(fetch(`${origin}/healthz`));
});

test(
  "a server outside of the started tree is measured without memory and CPU time, and nothing of it is left",
  { skip },
  async () => {
    const target = `api=${outsideLine()} @ http://127.0.0.1:{port}/x.csv`;
    const { result, fault } = await run({ targets: [target] });
    assert.equal(fault, null);
    const { cpu_s_per_export: cpu, peak_rss_over_idle_bytes: peak } = result.rounds[0]?.arms["api"] ?? {};
    assert.deepEqual([cpu, peak], [null, null]);
    assert.match(result.warnings.join("\n"), /is not among those that the command started/);
    const { pid, origin, stop } = await targetOf(target).start(signal, 1);
    assert.equal(pid, null);
    await stop();
    await assert.rejects(fetch(`${origin}/healthz`));
  },
);

test("a note says so if a server keeps its answers, or has an error message behind its rows", async () => {
  const notesOf = async (kind: string): Promise<string> => {
    const { result } = await run({ targets: [`api=${command(kind)}`], targetDefaults: { ping: null } });
    return result.warnings.join("\n");
  };
  const note = /api gave its first export in 1\.\d+ s, and the same again in .*: if it keeps answers/;
  assert.match(await notesOf("kept"), note);
  assert.match(
    await notesOf("failing"),
    /Record 1,002 of api has 1 cell, and the first has 2: an error message/,
  );
  assert.doesNotMatch(await notesOf("right"), note);
});

test("an answer without the rows beside short requests, such as one that asks to wait, makes the run invalid", async () => {
  const targetDefaults = { ping: "/healthz" };
  const { result, fault } = await run({ targets: [`api=${command("tired")}`], targetDefaults });
  assert.match(
    fault?.message ?? "",
    /^The target api gave 34 bytes in a timed round, and 5898 when it was checked/,
  );
  assert.deepEqual([result.verdict, result.exitCode], ["invalid", 4]);
});

test(
  "a daemon behind the process that listens counts as the server, as in many images",
  { skip },
  async () => {
    const daemon = `PORT=$(({port} + 33000)) setsid '${process.execPath}' '${odd}' right < /dev/null > /dev/null 2>&1 &`;
    const proxy = `const { createServer, get } = require("node:http");
    createServer(({ url }, response) => {
      const ask = () => get({ port: {port} + 33000, path: url }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      }).on("error", () => setTimeout(ask, 20));
      ask();
    }).listen({port}, "127.0.0.1")`.replaceAll(/\s+/g, " ");
    const line = `(${daemon}) ; exec '${process.execPath}' -e '${proxy}' @ http://127.0.0.1:{port}/x.csv`;
    const server = await targetOf(`api=${line}`).start(signal, 1);
    const tree = await processTree(server.pid ?? 0);
    const all = (await processesOf(server)) ?? [];
    const left = all.filter((pid) => !tree.includes(pid));
    assert.equal(left.length, 1);
    assert.ok((await residentBytes(left)) > 0);
    await server.stop();
    assert.deepEqual(await stillRunning(all), []);
  },
);

test("a server whose other workers still load has started when they have", { skip }, async (t) => {
  const folderOf = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
  t.after(() => rm(folderOf, { recursive: true }));
  const worker = `const end = Date.now() + 1500;
    while (Date.now() < end);
    require("node:fs").writeFileSync("loaded", "");
    setInterval(() => {}, 1000)`.replaceAll(/\s+/g, " ");
  const line = `'${process.execPath}' -e '${worker}' & PORT={port} exec '${process.execPath}' '${odd}' right`;
  const server = await targetOf(`api=${line} @ http://127.0.0.1:{port}/x.csv`, { cwd: folderOf }).start(
    signal,
    1,
  );
  const isLoaded = existsSync(join(folderOf, "loaded"));
  await server.stop();
  assert.ok(isLoaded);
});

test("a server that is never idle starts all the same, with a note", { skip }, async () => {
  const line = `'${process.execPath}' -e 'for (;;);' & PORT={port} exec '${process.execPath}' '${odd}' right`;
  const server = await targetOf(`api=${line} @ http://127.0.0.1:{port}/x.csv`).start(signal, 1);
  await server.stop();
  assert.match((server.notes ?? []).join("\n"), /^api was still at work 5 s after it answered: /);
});

test("a server counts also when the shell that started it has ended", { skip }, async () => {
  const line = `PORT={port} '${process.execPath}' '${odd}' right & sleep 3 @ http://127.0.0.1:{port}/x.csv`;
  const server = await targetOf(`api=${line}`).start(signal, 1);
  while ((await stillRunning([server.pid ?? 0])).length > 0) await sleep(50);
  const running = await stillRunning((await processesOf(server)) ?? []);
  assert.equal(running.length, 1);
  assert.ok(((await serverWork(server, signal)).cpuSeconds ?? 0) > 0);
  await server.stop();
  assert.deepEqual(await stillRunning(running), []);
});

test(
  "a budget for memory of a server whose processes aren't known is refused before the first round",
  { skip },
  async () => {
    const target = `api=${outsideLine()} @ http://127.0.0.1:{port}/x.csv`;
    const budgets = ["api.peak_rss_over_idle_bytes<=64MiB"];
    const { result, fault } = await run({ targets: [target], budgets, rounds: 8 });
    assert.equal(result.exitCode, 1);
    assert.deepEqual(result.rounds, []);
    assert.match(fault?.message ?? "", /can't be judged: the processes of api are not known/);
  },
);

test("a value of a variable or a header field is sent, and is in no result", async (t) => {
  const folderOf = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
  t.after(() => rm(folderOf, { recursive: true }));
  await writeFile(
    join(folderOf, "start.sh"),
    `echo "$TOKEN" > seen; PORT=$PORT exec '${process.execPath}' '${odd}' right`,
  );
  const target = {
    name: "api",
    command: "sh start.sh",
    url: "http://127.0.0.1:{port}/x.csv",
    cwd: folderOf,
    env: { PORT: "{port}", TOKEN: "whispered" },
    headers: { "X-Key": "whispered" },
  };
  const { result, fault } = await run({ targets: [target] });
  assert.equal(fault, null);
  assert.equal((await readFile(join(folderOf, "seen"), "utf8")).trim(), "whispered");
  assert.doesNotMatch(JSON.stringify(result), /whispered/);
  assert.match(JSON.stringify(result.config["targets"]), /X-Key/);
});

test("a target started by a shell is ended with all its processes", { skip }, async () => {
  const server = await targetOf(`api=${command("right")}`).start(signal, 1);
  const tree = await processTree(server.pid ?? 0);
  await server.stop();
  assert.deepEqual(await stillRunning(tree), []);
});

test(
  "a server that stays when its command is ended, and can't be found, makes the run invalid with a sentence",
  { skip },
  async () => {
    // Without its environment and its files it has no mark, as a container's processes have none.
    const server = `env -i PATH="$PATH" PORT={port} setsid '${process.execPath}' '${odd}' right < /dev/null > /dev/null 2>&1 3>&- &`;
    const target = `api=(${server}) ; sleep 100 @ http://127.0.0.1:{port}/x.csv`;
    const { result, fault } = await run({ targets: [target] });
    const [, port] =
      /left a server running at http:\/\/127\.0\.0\.1:(\d+)\//.exec(fault?.message ?? "") ?? [];
    assert.ok(port !== undefined, fault?.message);
    const listener = await findListener(Number(port), []);
    assert.ok(listener.place === "outside" && listener.pid !== null);
    process.kill(listener.pid, "SIGKILL");
    assert.equal(result.exitCode, 4);
    assert.deepEqual(result.rounds, []);
  },
);

test(
  "of two workers only the one that served counts, not the one that took the warm-up",
  { skip },
  async () => {
    const target = `api=PORT={port} exec python3 '${prefork}' @ http://127.0.0.1:{port}/x.csv`;
    const { result, fault } = await run({ targets: [target], targetDefaults: { ping: null, stats: null } });
    assert.equal(fault, null);
    const peak = Number(result.rounds[0]?.arms["api"]?.["peak_rss_over_idle_bytes"]) / 2 ** 20;
    // One worker holds 30 MiB for its exports; both together would be 60.
    assert.ok(peak > 25 && peak < 45, `${peak} MiB`);
  },
);

test("says before the first round how long a target takes that is too slow for a quick run", async () => {
  const enough = new AbortController();
  const notices: string[] = [];
  const { result } = await runBench(
    {
      seed: 1,
      isQuick: true,
      scenarios: ["export"],
      targets: [`api=${command("slow")}`],
      targetDefaults: { ping: null },
    },
    {
      cli: [process.execPath, odd],
      tool: { name: "stream-csv", version: "0.0.0" },
      signal: enough.signal,
      onNotice(text) {
        notices.push(text);
        enough.abort(new Error("enough"));
      },
    },
  );
  assert.match(
    notices.join("\n"),
    /^This run will take about \d+ (s|min), longer than --quick promises: one export of api takes /,
  );
  assert.equal(result.exitCode, 130);
});

test("what a server wrote is in the result without the password of an address", async () => {
  const words = "no route to postgres://shop:hunter2@db.internal/shop";
  const { result, fault } = await run({ targets: [`api=echo '${words}' >&2; exit 3; : {port}`] });
  assert.match(fault?.message ?? "", /It wrote: no route to/);
  assert.match(JSON.stringify(result), /no route to postgres:\/\/shop:…@db/);
  assert.doesNotMatch(JSON.stringify(result), /hunter2/);
});

test("a long line of a server is quoted by its beginning, and hides no other", async () => {
  const script = "console.log('x'.repeat(1e6)); console.log('why it ended')";
  const target = `api='${process.execPath}' -e "${script}"; exit 3; : {port}`;
  const { fault } = await run({ targets: [target] });
  assert.match(fault?.message ?? "", /It wrote: x{500}…\nwhy it ended$/);
});

test("one slow answer while an export is sized makes it no smaller", async (t) => {
  let exports = 0;
  const server = createServer(({ url = "" }, response) => {
    const { pathname, searchParams } = new URL(url, "http://x");
    if (pathname !== "/x.csv") {
      response.writeHead(404).end();
      return;
    }
    exports += 1;
    const body = `id,name\n${"1,a\n".repeat(Number(searchParams.get("limit")))}`;
    // The first one warms up, and the second one shows how fast the server is.
    setTimeout(
      () => response.writeHead(200, { "Content-Type": "text/csv" }).end(body),
      exports === 2 ? 500 : 0,
    );
  }).listen(0, "127.0.0.1");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  const url = `http://127.0.0.1:${address.port}/x.csv?limit={rows}`;
  const { result, fault } = await run({ targets: [`api=${url}`], targetDefaults: { ping: null } });
  assert.equal(fault, null);
  // With half a second for 1,000 rows it would be asked for 500.
  const rows = result.rounds[0]?.arms["api"]?.["rows"] ?? 0;
  assert.ok(rows >= 1000, `${rows} rows`);
});

/** A server that refuses more than MOST rows. It is asked for them by ROWS at its start, or by each request. */
const limited =
  `const rowsOf = (url) => Number(process.env.ROWS ?? new URL(url, "http://x").searchParams.get("limit") ?? 0);
  require("node:http").createServer(({ url }, response) => {
    const rows = rowsOf(url);
    if (rows > process.env.MOST) response.writeHead(422).end("limit is at most " + process.env.MOST);
    else response.writeHead(200, { "Content-Type": "text/csv" }).end("id,name\\n" + "1,a\\n".repeat(rows));
  }).listen(process.env.PORT, "127.0.0.1")`.replaceAll(/\s+/g, " ");

for (const [when, variables, query] of [
  ["by each request", "", "?limit={rows}"],
  ["at its start", "ROWS={rows} ", ""],
] as const) {
  for (const [most, asked, tooMany] of [
    [10_000, 4000, "16,000"],
    [999, null, "1,000"],
  ] as const) {
    test(`a server that gets its rows ${when}, and refuses more than ${most} rows, is asked for ${asked ?? "none"}`, async () => {
      const line = `${variables}MOST=${most} PORT={port} exec '${process.execPath}' -e '${limited}'`;
      const { result, fault } = await run({
        targets: [`api=${line} @ http://127.0.0.1:{port}/x.csv${query}`],
        targetDefaults: { ping: null },
      });
      if (asked === null) {
        assert.match(fault?.message ?? "", /answered 422 instead of 200, saying: limit is at most 999/);
        return;
      }
      assert.equal(fault, null);
      assert.equal(result.rounds[0]?.arms["api"]?.["rows"], asked);
      assert.match(
        result.warnings.join("\n"),
        new RegExp(
          `^api answered 422 when it was asked for ${tooMany} rows, so it is asked for at most 4,000`,
          "m",
        ),
      );
    });
  }
}

/** What an export costs a server that starts a process for each request. */
async function costOfForking(
  variables: string,
): Promise<{ readonly mebibytes: number; readonly cpu: number; readonly warnings: string }> {
  const target = `api=${variables}PORT={port} exec python3 '${forking}' @ http://127.0.0.1:{port}/x.csv`;
  const { result, fault } = await run({ targets: [target], targetDefaults: { ping: null, stats: null } });
  assert.equal(fault, null);
  const { peak_rss_over_idle_bytes: bytes, cpu_s_per_export: cpu } = result.rounds[0]?.arms["api"] ?? {};
  return { mebibytes: Number(bytes) / 2 ** 20, cpu: Number(cpu), warnings: result.warnings.join("\n") };
}

for (const [whose, variables] of [
  ["is waited for", ""],
  ["nobody waits for", "UNAWAITED=1 "],
] as const) {
  test(
    `memory and CPU time of a process that serves one request and ${whose} are counted`,
    { skip },
    async () => {
      const { mebibytes, cpu, warnings } = await costOfForking(variables);
      assert.equal(/nobody waits for them/.test(warnings), variables !== "", warnings);
      // The process holds 30 MiB for its export, and what it shares with its parent.
      assert.ok(mebibytes > 28 && mebibytes < 60, `${mebibytes} MiB`);
      assert.ok(cpu > 0.2 && cpu < 0.6, `${cpu} s`);
    },
  );
}

for (const [leaves, after, when, isKnown] of [
  ["serving", 2, "with the export", false],
  ["serving", 1, "with each export", false],
  ["idle", 2, "with the export", true],
  ["idle", 1, "with the one before", true],
] as const) {
  test(
    `memory of a server is ${isKnown ? "known" : "unknown"} when its ${leaves} worker ends ${when}`,
    { skip },
    async () => {
      const target = `api=AFTER=${after} LEAVES=${leaves} PORT={port} exec python3 '${recycling}' @ http://127.0.0.1:{port}/x.csv`;
      const { result, fault } = await run({
        targets: [target],
        targetDefaults: { ping: null, stats: null },
      });
      assert.equal(fault, null);
      const { peak_rss_over_idle_bytes: bytes, cpu_s_per_export: cpu } = result.rounds[0]?.arms["api"] ?? {};
      assert.ok(Number(cpu) > 0.09 && Number(cpu) < 0.5, `${cpu} s`);
      // What the workers that are left hold would look like less than idle memory.
      if (!isKnown) assert.equal(bytes, null);
      else assert.ok(Number(bytes) > 28 * 2 ** 20 && Number(bytes) < 60 * 2 ** 20, `${bytes} bytes`);
    },
  );
}

test(
  "memory of processes is counted also where the warm-up's are too short to be seen",
  { skip },
  async () => {
    // The first export is the warm-up of its server. Its process ends at once, and the next one's holds 30 MiB for a while.
    const script = `
import os, socket, time
listener = socket.create_server(("127.0.0.1", {port}))
exports = 0
while True:
    connection, _ = listener.accept()
    exports += b" /x.csv" in connection.recv(65536)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        held = bytearray(b"x") * (30 * 2**20 if exports == 2 else 1)
        if exports == 2: time.sleep(0.5)
        os._exit(0)
    os.waitpid(child, 0)
    body = b"id,name\\n" + b"1,a\\n" * 2000
    connection.sendall(b"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
    connection.close()
`;
    const target = `api=exec python3 -c '${script}' @ http://127.0.0.1:{port}/x.csv`;
    const { result, fault } = await run({ targets: [target], targetDefaults: { ping: null, stats: null } });
    assert.equal(fault, null);
    const bytes = Number(result.rounds[0]?.arms["api"]?.["peak_rss_over_idle_bytes"]);
    assert.ok(bytes > 28 * 2 ** 20 && bytes < 60 * 2 ** 20, `${bytes} bytes`);
  },
);

test("CPU time of a child of a process that serves one request is counted once", { skip }, async () => {
  const { cpu } = await costOfForking("HELPER=1 ");
  assert.ok(cpu > 0.2 && cpu < 0.45, `${cpu} s`);
});
