import assert from "node:assert/strict";
import { test } from "node:test";
import {
  calibrationFormat,
  parseCalibration,
  type CalibrationRun,
} from "../../../bench/gate/budget/calibration-run.ts";
import { noiseFloor } from "../../../bench/gate/budget/noise-floor.ts";

const name = "streaming.cpu_s_per_mib";

const here = { node: "v20.20.2", os: "linux 6.18.44 x64", cpuModel: "here", cores: 2 };

function run(ratio: number | null, cpuModel = "here"): CalibrationRun {
  return {
    schema: calibrationFormat,
    kind: "aa",
    createdAt: "2026-01-01T00:00:00.000Z",
    gitSha: null,
    build: "abc",
    environment: { ...here, cpuModel, fingerprint: "a" },
    seed: 1,
    command: ["bench"],
    elapsedSeconds: 25,
    verdict: "pass",
    exitCode: 0,
    verdicts: { [name]: "pass" },
    ratios: { [name]: 1 },
    equalRatios: { [name]: ratio },
  };
}

test("the noise floor is the 95th percentile of the difference of equal versions, in either direction", () => {
  const runs = Array.from({ length: 100 }, (_, index) =>
    run(index % 2 === 0 ? 1 + index / 1000 : 1 / (1 + index / 1000)),
  );
  const floor = noiseFloor(runs, name, here);
  assert.ok(floor !== null && Math.abs(floor.share - 0.094) < 1e-9, String(floor?.share));
  assert.equal(floor.runs, 100);
});

test("runs of other machines and runs without the metric do not count, and fewer than twenty give no floor", () => {
  const runs = Array.from({ length: 19 }, () => run(1.02));
  assert.equal(noiseFloor([...runs, run(1.5, "elsewhere"), run(null)], name, here), null);
  assert.equal(noiseFloor([...runs, run(1.02)], name, here)?.runs, 20);
  assert.equal(noiseFloor([...runs, run(1.02)], "file.total_s", here), null);
});

test("another patch of system or Node is the same kind of machine; another line or system is not", () => {
  const runs = Array.from({ length: 20 }, () => run(1.02));
  for (const same of [{ os: "linux 6.19.1 x64" }, { node: "v20.21.0" }])
    assert.equal(noiseFloor(runs, name, { ...here, ...same })?.runs, 20);
  for (const other of [{ os: "linux 6.18.44 arm64" }, { node: "v22.1.0" }, { cores: 4 }])
    assert.equal(noiseFloor(runs, name, { ...here, ...other }), null);
});

test("runs of another build do not count", () => {
  const before = Array.from({ length: 20 }, () => run(1.5));
  const after = Array.from({ length: 20 }, () => Object.assign(run(1.02), { build: "def" }));
  const floor = noiseFloor([...before, ...after], name, here);
  assert.equal(floor?.runs, 20);
  assert.ok(Math.abs((floor?.share ?? 0) - 0.02) < 1e-9);
});

test("a calibration file is one run a line; a last line cut off by an interruption is left out", () => {
  const line = JSON.stringify(run(1.01));
  assert.equal(parseCalibration(`${line}\n${line}\n`, "f").length, 2);
  for (const cut of [line.slice(0, 40), line.slice(0, line.indexOf("}") + 1), line]) {
    assert.equal(parseCalibration(`${line}\n${cut}`, "f").length, 1);
  }
  assert.deepEqual(parseCalibration("", "f"), []);
  assert.throws(
    () => parseCalibration(`{"schema":"other"}\n${line}\n`, "runs.jsonl"),
    /Line 1 of "runs\.jsonl" is not a calibration run/,
  );
  assert.throws(() => parseCalibration(`nonsense\n${line}\n`, "f"), /Line 1 of "f"/);
});
