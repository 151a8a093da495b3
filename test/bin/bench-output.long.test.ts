import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { canSampleProcesses, processTree } from "../../bench/probe/process-tree.ts";
import { renderers, renderReport, type ReportFormat } from "../../bench/report/renderers.ts";
import { parseResult } from "../../bench/result/read-result.ts";
import { startCli } from "../harness/cli.ts";

const formats = Object.keys(renderers) as readonly ReportFormat[];
let folder = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
});
after(() => rm(folder, { recursive: true }));

const small = "bench --quick --rows 2000 --rounds 1 --seed 7 --deliveries streaming".split(" ");

test("bench writes every format at once, and the summary of a step on GitHub", async () => {
  const place = join(folder, "bench");
  await mkdir(place);
  const summary = join(place, "summary.md");
  await writeFile(summary, "# Before\n");
  const file = (format: string): string => join(place, `report.${format}`);
  const outputs = formats.flatMap((format) => ["-o", `${format}=${file(format)}`]);
  const { exitCode, stdout, stderr } = await startCli([...small, "--scenario", "export", ...outputs], {
    GITHUB_STEP_SUMMARY: summary,
  }).ended;
  assert.deepEqual([exitCode, stderr], [0, ""]);
  const measured = parseResult(await readFile(file("json"), "utf8"), "bench");
  assert.equal(stdout, await renderReport("text", measured));
  for (const format of formats) {
    assert.equal(await readFile(file(format), "utf8"), await renderReport(format, measured));
  }
  assert.equal(await readFile(summary, "utf8"), `# Before\n${await renderReport("markdown", measured)}`);
});

test(
  "bench annotates a run that was interrupted, on standard error, and keeps standard output for the result",
  { skip: !canSampleProcesses },
  async () => {
    const summary = join(folder, "interrupted.md");
    const cli = startCli(["bench", "--rounds", "50", "-o", "json=-"], { GITHUB_STEP_SUMMARY: summary });
    while ((await processTree(cli.process.pid ?? 0)).length < 3) await sleep(20);
    cli.process.kill("SIGINT");
    const { exitCode, stdout, stderr } = await cli.ended;
    assert.equal(exitCode, 130);
    assert.equal(parseResult(stdout, "bench").complete, false);
    assert.match(stderr, /^::warning title=stream-csv%3A Incomplete::The run ended early/m);
    assert.match(await readFile(summary, "utf8"), /\*\*Incomplete\*\*/);
  },
);

test("a summary that can't be written is reported, and the exit code stays the same", async () => {
  const { exitCode, stdout, stderr } = await startCli([...small, "--scenario", "leave"], {
    GITHUB_STEP_SUMMARY: folder,
  }).ended;
  assert.equal(exitCode, 0);
  assert.match(stdout, /Informational: no budget was set\./);
  assert.match(stderr, /^The summary of this step can't be written: EISDIR/);
});
