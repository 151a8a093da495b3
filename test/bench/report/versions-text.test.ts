import assert from "node:assert/strict";
import { test } from "node:test";
import { renderReport } from "../../../bench/report/renderers.ts";
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
