import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "valibot";
import { resultSchema } from "../../../bench/result/schema.ts";
import {
  runBench,
  type BenchConfig,
  type BenchHooks,
  type BenchRun,
  type MachineSample,
} from "../../../bench/index.ts";
import { terminalReport } from "../../../bench/report/terminal/terminal.ts";
import { hasProcFiles } from "../../../bench/probe/proc-file.ts";
import { processTree, stillRunning } from "../../../bench/probe/process-tree.ts";
import { countShortRequests } from "../../../bench/load/count-short-requests.ts";
import { readExport } from "../../../bench/load/read-export.ts";
import { foreignTarget } from "../../../bench/subject/foreign-target.ts";
import type { TargetSpec } from "../../../bench/subject/target-spec.ts";
import { parseTarget, checkTarget } from "../../../bench/subject/target-settings.ts";
import { endOnSignal } from "../../harness/children.ts";

/** A target as its text says, with nothing else known of it. */
function specOf(text: string): TargetSpec {
  const { name, settings } = parseTarget(text);
  return checkTarget(name, settings, []);
}

const program = fileURLToPath(new URL("../../../fixtures/programs/faulty-server.js", import.meta.url));
const small: BenchConfig = { rows: 3000, rounds: 1, seed: 1, scenarios: ["export"], isQuick: true };
const skip = !hasProcFiles;
const signal = new AbortController().signal;

// Servers that a run starts in this process are ended when it exits.
endOnSignal();

/** The fixture server as anybody's server: it takes its port from the environment. */
function command(fault: string, query = "?rows={rows}"): string {
  return `PORT={port} '${process.execPath}' '${program}' --fault '${fault}' @ http://127.0.0.1:{port}/any.csv${query}`;
}

/** A machine that nobody else is on, so that what a test shows doesn't hang on the host it runs on. */
const calm = (): Promise<MachineSample> => Promise.resolve({ ticks: null, throttling: null });

/** A run that leaves no process behind and gives a result of the announced shape. */
async function run(config: Partial<BenchConfig>, hooks: Partial<BenchHooks> = {}): Promise<BenchRun> {
  const outcome = await runBench(
    { ...small, ...config },
    {
      cli: [process.execPath, program],
      tool: { name: "stream-csv", version: "0.0.0" },
      sampleMachine: calm,
      ...hooks,
    },
  );
  if (hasProcFiles) assert.deepEqual(await processTree(process.pid), [process.pid]);
  assert.deepEqual(parse(resultSchema, JSON.parse(JSON.stringify(outcome.result))), outcome.result);
  return outcome;
}

async function listening(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return `http://127.0.0.1:${address.port}`;
}

test("a command and an address take part in the same rounds as our deliveries", async (t) => {
  const origin = await listening(t, (request, response) => {
    if (request.url === "/rows.csv") response.end("id,name\n".concat("1,a\n".repeat(3000)));
    else response.writeHead(404).end();
  });
  const targets = [`other=${command("")}`, `fixed=${origin}/rows.csv`];
  const { result, fault } = await run({
    targets,
    deliveries: ["streaming", "buffered"],
    control: "buffered",
  });
  assert.equal(fault, null);
  const [round] = result.rounds;
  assert.deepEqual(round?.order.toSorted(), ["buffered", "buffered-again", "fixed", "other", "streaming"]);
  assert.deepEqual(
    result.arms.map(({ id, role, delivery, rows }) => [id, role, delivery, rows]),
    [
      ["streaming", "treatment", "streaming", 3000],
      ["buffered", "control", "buffered", 3000],
      ["buffered-again", "aa", "buffered", 3000],
      ["other", "treatment", "other", 3000],
      ["fixed", "treatment", "fixed", 3000],
    ],
  );
  const { other, fixed } = round?.arms ?? {};
  // The fixture tells inside numbers, the other server none, and its process isn't known.
  assert.ok((other?.["held_s_per_export"] ?? -1) >= 0);
  assert.equal(fixed?.["held_s_per_export"], null);
  assert.equal(fixed?.["peak_rss_over_idle_bytes"], null);
  if (!skip) assert.ok((other?.["peak_rss_over_idle_bytes"] ?? -1) >= 0);
  assert.ok(result.comparisons.some((item) => item.treatment === "other" && item.metric === "total_s"));
  assert.ok(result.checks.some(({ id, ok }) => id === "integrity.other.rows" && ok));
  for (const note of [
    /fixed gives other bytes than ours: 3,000 rows/,
    /fixed was not started here, so its process is not known/,
    /fixed gives no short answer at its ping path \(--ping\): \/ping answer/,
    /fixed reports no inside numbers at \/stats/,
  ]) {
    if (!skip) assert.match(result.warnings.join("\n"), note);
  }
  assert.doesNotMatch(result.warnings.join("\n"), /other gives other bytes/);
  assert.match(terminalReport(result, { hasColor: false }), /fixed ²/);
});

test("an address with other rows than ours is measured but not compared", async (t) => {
  const origin = await listening(t, (_, response) => response.end("id,name\n".concat("1,a\n".repeat(500))));
  const { result, fault } = await run({
    targets: [`few=${origin}/`],
    deliveries: ["buffered"],
    control: "buffered",
  });
  assert.equal(fault, null);
  assert.equal(result.rounds[0]?.arms["few"]?.["rows"], 500);
  assert.equal(result.comparisons.filter(({ treatment }) => treatment === "few").length, 0);
  assert.match(result.warnings.join("\n"), /few is not compared with ours.*--rows 500/);
});

test("a server that answers everything with its export has no short requests", async (t) => {
  const origin = await listening(t, (_, response) => response.end("id\n".repeat(3000)));
  const running = await foreignTarget(specOf(`long=${origin}/`)).start(signal, 1);
  assert.equal(running.pingUrl, null);
  assert.equal(running.pingProblem, "/ping answers with more than 1024 bytes.");
  assert.equal(running.statsUrl, null);
  assert.equal(running.notes, undefined);
  await running.stop();
  // Started here, its memory would be measured, from after these answers on.
  const script = "http.createServer((_, r) => r.end('id\\n'.repeat(3000))).listen({port}, '127.0.0.1')";
  const started = await foreignTarget(specOf(`long='${process.execPath}' -e "${script}"`)).start(signal, 1);
  assert.match(started.notes?.join(" ") ?? "", /^long answers \/ping with more than a short text/);
  await started.stop();
});

const shortAnswers: readonly (readonly [statusCode: number, text: string, isShort: boolean])[] = [
  [204, "", true],
  [202, "ok", true],
  [302, "", false],
  // The page of an error comes in parts, and is no export.
  [404, "<!doctype html>".padEnd(3000), false],
];
for (const [statusCode, text, isShort] of shortAnswers) {
  test(`a ping path that answers ${statusCode} gives ${isShort ? "a" : "no"} short answer`, async (t) => {
    const write = text === "" ? "r.end()" : `r.write('${text}'), setTimeout(() => r.end(), 50)`;
    const script = `http.createServer((_, r) => (r.statusCode = ${statusCode}, ${write})).listen({port}, '127.0.0.1')`;
    const running = await foreignTarget(specOf(`api='${process.execPath}' -e "${script}"`)).start(signal, 1);
    t.after(() => running.stop());
    assert.equal(running.pingUrl?.pathname, isShort ? "/ping" : undefined);
    assert.equal(running.pingProblem, isShort ? undefined : `/ping answered ${statusCode}.`);
    assert.equal(running.notes, undefined);
  });
}

for (const value of ["Jürgen", "東京 \u{1F600}"]) {
  test(`every request has the header field "${value}" in UTF-8`, async (t) => {
    const seen = new Map<string, Set<string>>();
    const origin = await listening(t, ({ url = "", headers }, response) => {
      const values = seen.get(url) ?? new Set();
      seen.set(url, values.add(Buffer.from(String(headers["x-name"]), "latin1").toString("utf8")));
      response.end("id\n1\n");
    });
    const { name, settings } = parseTarget(`api=${origin}/x.csv`);
    const spec = checkTarget(name, { ...settings, headers: { "X-Name": value } }, []);
    const server = await foreignTarget(spec).start(signal, 1);
    await readExport(server.exportUrl("", { delivery: null, rows: 1 }), { ...server.form });
    const ping = new URL("/ping?many", origin);
    await countShortRequests(ping, { durationMs: 50, connections: 1, signal, ...server.form });
    assert.deepEqual(
      [...seen],
      ["/ping", "/stats", "/x.csv", "/ping?many"].map((path) => [path, new Set([value])]),
    );
    await server.stop();
  });
}

const wrong: readonly (readonly [fault: string, query: string, reason: RegExp])[] = [
  ["truncate", "?rows={rows}", /^bad gave 2,700 rows, and was asked for 3,000\. .*--rows 2700/],
  ["drop-row", "?rows={rows}", /^bad gave 2,999 rows, and was asked for 3,000/],
  ["swap-rows::2", "?rows={rows}", /^bad gave other bytes .*: line 6 is now "4,.*--integrity rows/],
  ["truncate::2", "", /^bad gave 1,000 rows at the first request and 900 rows at the second/],
  ["cut", "?rows={rows}", /missing:/],
  ["long-length", "?rows={rows}&delivery=buffered", /missing: 10 of the/],
  ["short-length", "?rows={rows}&delivery=buffered", /more bytes than it announced/],
  ["refuse", "?rows={rows}", /^The export of bad answered 413 instead of 200, saying: \{"code"/],
];
for (const [kind, query, reason] of wrong) {
  test(`a target with the fault ${kind} makes the run invalid, and nothing is timed`, async () => {
    const config = { targets: [`bad=${command(kind, query)}`] };
    const { result, fault } = await run(query === "" ? { ...config, rows: null } : config);
    assert.equal(result.verdict, "invalid");
    assert.equal(result.exitCode, 4);
    assert.deepEqual(result.rounds, []);
    assert.match(fault?.message ?? "", reason);
  });
}

test("notices two rows that change places only in a timed export, with the same number of bytes", async () => {
  // Three exports come before: two that are checked here, and the warm-up; each process counts anew.
  const own = await run({}, { cli: [process.execPath, program, "--fault", "swap-rows:buffered:2"] });
  assert.equal(own.result.exitCode, 4);
  assert.equal(own.result.integrity.equal, true);
  assert.match(own.fault?.message ?? "", /gave other bytes in a timed round .* though as many: their CRC-32/);
  assert.equal(own.result.rounds.at(-1)?.valid, false);
});

test("rows that are wrong in all deliveries are found by comparison with rows made without a server", async () => {
  const server = await foreignTarget(specOf(`clean=${command("")}`)).start(signal, 3000);
  const body = await fetch(server.exportUrl("", { delivery: null, rows: 3000 })).then((answer) =>
    answer.text(),
  );
  await server.stop();
  const makeReference = () => Promise.resolve(createHash("sha256").update(body).digest("hex"));
  // Bodies are checked before any scenario.
  const right = await run({ deliveries: ["streaming"], scenarios: ["leave"] }, { makeReference });
  assert.equal(right.fault, null);
  const swapped = { cli: [process.execPath, program, "--fault", "swap-rows"], makeReference } as const;
  const { result, fault } = await run({ deliveries: ["streaming", "file"] }, swapped);
  assert.equal(result.exitCode, 4);
  assert.match(fault?.message ?? "", /integrity\.streaming\.sha256 is/);
});

test("another version is compared with this one by each delivery, with a second control", async () => {
  const against = `"${process.execPath}" "${program}"`;
  const { result, fault } = await run({ deliveries: ["streaming", "buffered"], against });
  assert.equal(fault, null);
  assert.deepEqual(
    result.arms.map(({ id, role }) => `${id} ${role}`),
    [
      "streaming treatment",
      "streaming-control control",
      "streaming-aa aa",
      "buffered treatment",
      "buffered-control control",
      "buffered-aa aa",
    ],
  );
  const pairs = new Set(result.comparisons.map(({ treatment, control }) => `${treatment}/${control}`));
  assert.deepEqual([...pairs].toSorted(), [
    "buffered-aa/buffered-control",
    "buffered/buffered-control",
    "streaming-aa/streaming-control",
    "streaming/streaming-control",
  ]);
});

test("a target takes part in every scenario where it makes sense", async () => {
  const rounds: BenchRun["result"]["rounds"][number][] = [];
  // In two runs: a quick one leaves out what doesn't fit into its minute, which a busy machine makes short.
  for (const scenarios of [
    ["slow-readers", "leave"],
    ["mixed", "scaling"],
  ]) {
    const config = { rows: 20_000, scenarios, targets: [`other=${command("")}`], deliveries: ["streaming"] };
    const { result, fault } = await run(config);
    assert.equal(fault, null);
    rounds.push(...result.rounds);
  }
  const arms = (scenario: string): Readonly<Record<string, unknown>> =>
    rounds.find((round) => round.scenario === scenario)?.arms ?? {};
  assert.deepEqual(Object.keys(arms("slow-readers")).toSorted(), ["other", "streaming"]);
  assert.deepEqual(Object.keys(arms("mixed")).toSorted(), ["other", "streaming"]);
  const release = rounds.find(({ scenario }) => scenario === "leave")?.arms["other"]?.["release_s"];
  assert.ok(typeof release === "number" && release > 0);
  assert.ok("other-2500" in arms("scaling") && "streaming-20000" in arms("scaling"));
});

test(
  "the whole process tree of a shell command is ended, even a process that ignores the signal",
  { skip },
  async () => {
    const spec = specOf(`stubborn=${command("stubborn")} `);
    const server = await foreignTarget(spec).start(signal, 1);
    const tree = await processTree(server.pid ?? 0);
    assert.ok(tree.length >= 2);
    await server.stop();
    assert.deepEqual(await stillRunning(tree), []);
  },
);

const unready: readonly (readonly [command: string, reason: RegExp])[] = [
  ["echo the cellar is flooded >&2; exit 7; : {port}", /exit code 7\. It wrote: the cellar is flooded/],
  ["/nowhere/at/all {port}", /ended before it was ready, with exit code 127\. It wrote: .*nowhere/],
];
for (const [line, reason] of unready) {
  test(`the target "${line}" is not ready, and its last words are reported`, async () => {
    const { result, fault } = await run({ targets: [`lost=${line}`], rows: null });
    assert.equal(result.exitCode, 1);
    assert.match(fault?.message ?? "", reason);
  });
}

test("an address where nothing answers is not ready", async () => {
  const start = foreignTarget(specOf("gone=http://127.0.0.1:9/")).start(signal, 1);
  await assert.rejects(start, {
    code: "SCSV_TARGET_NOT_READY",
    message: /The target "gone" is not ready: http:\/\/127\.0\.0\.1:9\/ping refused/,
  });
});

test("refuses a command where something answers already, because another server would be measured", async (t) => {
  const origin = await listening(t, (_, response) => response.end("pong"));
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
  t.after(() => rm(folder, { recursive: true }));
  const start = foreignTarget(specOf(`taken=touch ${folder}/started @ ${origin}/`)).start(signal, 1);
  await assert.rejects(start, {
    code: "SCSV_TARGET_NOT_READY",
    message: /answers at .* where the target "taken" should be started/,
  });
});

const refused: readonly (readonly [text: string, reason: RegExp])[] = [
  ["go", /The target "go" is neither NAME=URL nor NAME=COMMAND/],
  ["=http://127.0.0.1/", /is neither NAME=URL/],
  ["go=", /is neither NAME=URL/],
  ["a.b=http://127.0.0.1/", /has the name "a\.b"\. A name has only letters/],
  ["streaming=http://127.0.0.1/", /has the name "streaming", which is taken/],
  ["buffered-again=http://127.0.0.1/", /which is taken/],
  ["stream-csv=http://127.0.0.1/", /which is taken/],
  ["go=ftp://127.0.0.1/", /bench reads http: and https: only/],
  ["go=./orders @ http://", /has the address "http:\/\/", which is not a URL/],
  ["go=http://127.0.0.1:{port}/", /which only a command that is started here can have/],
  ["go=./orders", /its command has no \{port\}/],
  ["go=./orders @ http://127.0.0.1:{port}/x.csv", /its command has no \{port\}/],
  ["go=./orders @ nowhere", /has the address "nowhere", which is not a URL/],
];
for (const [text, reason] of refused) {
  test(`refuses the target ${JSON.stringify(text)} before anything is started`, async () => {
    await assert.rejects(run({ targets: [text] }), { name: "RangeError", message: reason });
  });
}

test("refuses a name given twice", async () => {
  const targets = ["go=http://127.0.0.1/", "go=http://127.0.0.2/"];
  await assert.rejects(run({ targets }), { name: "RangeError", message: /"go", which is taken/ });
});
