import assert from "node:assert/strict";
import { test } from "node:test";
import { RunRecord } from "../../../dev/faults/record.ts";
import { LogLines } from "../../../dev/faults/subject/log-reader.ts";
import { summaryOf } from "../../../dev/faults/summary.ts";

test("a finding has the faults of the last minute as evidence, and is counted when it comes again", () => {
  let now = 0;
  const record = new RunRecord(() => now);
  record.fault("worker killed", "worker 1 is killed")();
  now = 100_000;
  const end = record.fault("spool disk full", "the disk is full");
  now = 101_500;
  for (let times = 0; times < 5; times += 1) record.finding("a hang", "of a client");
  end();
  const [finding] = record.findings;
  assert.equal(finding?.count, 5);
  assert.equal(finding.evidence[0], "of a client\n1.5 s before: the disk is full (still on)");
  assert.equal(finding.evidence.length, 3);
});

test("a run that is ending records no more findings", () => {
  const record = new RunRecord(() => 0);
  record.close();
  record.finding("a hang", "");
  assert.deepEqual(record.findings, []);
});

test("the summary has faults, those that could not be injected, answers, facts and findings", () => {
  const record = new RunRecord(() => 0);
  record.fault("worker killed", "")();
  record.skip("spool disk full", "no mount namespace");
  record.answer("direct: plain", "200");
  record.answer("direct: plain", "503");
  record.answer("direct: plain", "200");
  assert.equal(
    summaryOf(record, { phases: "1 of 1" }),
    `Faults injected
  1  worker killed

Could not be injected at some time
  spool disk full  no mount namespace

Answers by client
  direct: plain  200 × 2, 503 × 1

The run
  phases  1 of 1

Findings
  none
`,
  );
});

test("log lines may come in pieces, and a line that isn't JSON is a finding unless the log itself had a fault", () => {
  let now = 0;
  const record = new RunRecord(() => now);
  const lines = new LogLines(record, () => now);
  lines.take('{"level":30}\n{"lev');
  lines.take('el":50,"msg":"x"}\n');
  assert.equal(lines.count, 2);
  assert.equal(lines.troubles, '{"level":50,"msg":"x"}');
  lines.allowTorn(1000);
  lines.take('{"le{"level":30}\n');
  assert.deepEqual(record.findings, []);
  now = 10_000;
  lines.take("    at node:internal/x\n");
  lines.take('{"level":50,"err":{"code":"SCSV_INTERNAL"}}\n');
  assert.deepEqual(
    record.findings.map(({ kind }) => kind),
    ["a log line isn't JSON", "the log has SCSV_INTERNAL, a fault nobody foresaw"],
  );
});
