import assert from "node:assert/strict";
import { test } from "node:test";
import { renderReport } from "../../../bench/report/renderers.ts";
import { beginRun } from "../../../bench/run/run.ts";
import { resolveConfig } from "../../../bench/run/resolve-config.ts";
import type { BenchResult } from "../../../bench/index.ts";
import { versionsText } from "../../../bench/report/section/versions-text.ts";
import { fixtureResult } from "./results.ts";

const gate = fixtureResult("regression");
const versions =
  "streaming is this version. streaming-control is git:main. streaming-aa repeats it: this shows how much equal things differ.";

test("every report for people names the versions below its title", async () => {
  for (const format of ["text", "markdown", "html"] as const) {
    const text = (await renderReport(format, gate, { columns: 200 })).replaceAll("\n", " ");
    assert.ok(
      text.slice(0, text.indexOf("Regression:", text.indexOf("</title>"))).includes(versions),
      format,
    );
  }
});

/** The setting of a run as its result file has it. */
function settingOf(against: string): BenchResult["config"] {
  return { ...resolveConfig({ seed: 1, against }) };
}

test("a version that a command starts is called by its command", () => {
  assert.equal(
    versionsText({ ...gate, config: settingOf("node '../the old/stream-csv.js'") }),
    'streaming is this version. streaming-control is the version that "node ../the old/stream-csv.js" starts. streaming-aa repeats it: this shows how much equal things differ.',
  );
  assert.equal(versionsText({ ...gate, config: settingOf("git:main") }), versions);
});

const otherTargets: readonly (readonly [against: string, text: string])[] = [
  [
    "http://user:secret@127.0.0.1:3001/orders.csv",
    "api-control is the server at http://127.0.0.1:3001/orders.csv.",
  ],
  [
    "PORT={port} node old.js",
    'api-control is the version that "PORT={port} node old.js" starts, asked at http://127.0.0.1:{port}/orders.csv.',
  ],
];
for (const [against, sentence] of otherTargets) {
  test(`another version of a target is named: ${against}`, async () => {
    const targets = ["api=PORT={port} node server.js @ http://127.0.0.1:{port}/orders.csv"];
    const settings = resolveConfig({ seed: 1, against, targets, budgets: ["api.total_s=10%"] });
    const run = await beginRun(settings, { cli: ["stream-csv"], tool: { name: "t", version: "1" } });
    const arms = (["treatment", "control", "aa"] as const).map((role, index) => {
      const id = ["api", "api-control", "api-aa"][index] ?? "";
      return { id, role, scenario: "export", delivery: "api" };
    });
    const { config } = run.findings;
    assert.equal(
      versionsText({ ...gate, arms, config }),
      `api is this version. ${sentence} api-aa repeats it: this shows how much equal things differ.`,
    );
  });
}

test("versions of several deliveries are named together", () => {
  const file = gate.arms.map((arm) => ({
    ...arm,
    id: arm.id.replace("streaming", "file"),
    delivery: "file",
  }));
  assert.equal(
    versionsText({ ...gate, arms: [...gate.arms, ...file] }),
    "streaming and file are this version. streaming-control and file-control are git:main. streaming-aa and file-aa repeat it: this shows how much equal things differ.",
  );
});

const others: readonly (readonly [title: string, result: BenchResult, text: string | null])[] = [
  ["a run that ended before its first arm", { ...gate, arms: [] }, "This version is compared with git:main."],
  [
    "a run with a baseline",
    { ...gate, config: { against: null, baseline: "base.json" } },
    "This run is compared with base.json, an earlier run.",
  ],
  [
    "two runs that were compared",
    { ...gate, config: { ...gate.config, compared: [{ name: "old" }, { name: "new" }] } },
    "new is compared with old, an earlier run.",
  ],
  ["a run that explains", fixtureResult("explaining"), null],
];
for (const [title, result, text] of others) {
  test(`for ${title} it says ${text === null ? "nothing" : `"${text}"`}`, () => {
    assert.equal(versionsText(result), text);
  });
}
