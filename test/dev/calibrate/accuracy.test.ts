import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import {
  accuracyLines,
  accuracyTables,
  type Accuracy,
  type Numbers,
} from "../../../dev/calibrate/accuracy-report.ts";
import { accuracySeries } from "../../../dev/calibrate/accuracy-series.ts";
import { expressPeer } from "../../../dev/peers/postgres/node-peers.ts";
import { shellLine } from "../../../dev/peers/shell-line.ts";

const workshop = { folder: "/nowhere", rowsFrom: "postgres://test@127.0.0.1:5432/postgres" };

for (const [name, { open, usualRows }] of Object.entries(accuracySeries)) {
  test(`every server that is measured over ${name} is a peer of that series`, () => {
    const { others } = open(1);
    for (const wanted of Object.keys(usualRows)) {
      assert.equal(others.find((peer) => peer.name === wanted)?.kind, "server", wanted);
    }
  });
}

test("the line of a peer gives a shell the words of its command, whatever is in them", async () => {
  const words = ['echo "$1"; exec "$@"', "it's", "`id`", "a b", "", "{x,y}", "create('$HOME', 500)"] as const;
  const peer = { ...expressPeer, command: () => Promise.resolve(["printf", "<%s>", ...words] as const) };
  const { line, port } = await shellLine(peer, workshop);
  assert.equal(port, "{port}");
  assert.equal(
    execFileSync("sh", ["-c", line], { encoding: "utf8" }),
    words.map((word) => `<${word}>`).join(""),
  );
});

test("the line of a peer that chose its port names that port", async () => {
  const commands = [
    ["env", "PORT=4321", "python3", "server.py"],
    ["sh", "-c", 'echo "listening on $1"', "sh", "http://127.0.0.1:4321", workshop.rowsFrom],
  ] as const;
  for (const command of commands) {
    const peer = { ...expressPeer, command: () => Promise.resolve(command) };
    const { line, port } = await shellLine(peer, workshop);
    assert.equal(port, "4321");
    assert.match(line, /^PORT=4321 /);
  }
});

test("ratios are taken within a round, and a table has their medians", () => {
  const numbers = (factor: number): Numbers => ({
    firstByteSeconds: 0.01 * factor,
    totalSeconds: factor,
    cpuSeconds: 0.5 * factor,
    peakOverIdleBytes: 1e6 * factor,
    bytes: 100,
  });
  // Each round is slower than the one before, on both sides.
  const pairs = [1, 2, 4].map((slower, index) => ({
    bench: numbers(slower * (1 + index / 100)),
    hand: numbers(slower),
  }));
  const found: Accuracy = {
    name: "go",
    version: "Go 1",
    rows: 1000,
    pairs,
    onOneServer: [0.99, 1, 1.02].map((ratio) => ({
      firstByteSeconds: ratio,
      totalSeconds: 2 * ratio,
      cpuSeconds: ratio,
      peakOverIdleBytes: ratio,
    })),
    line: "go",
  };
  const lines = accuracyLines(found).join("\n");
  assert.match(lines, /^go \(Go 1\), 1000 rows, 3 rounds: /);
  assert.match(lines, /totalSeconds +2\.020 2\.000 1\.010× \(1\.000–1\.020\), 2\.000× \(1\.980–2\.040\)/);
  const rows = accuracyTables([found]).filter((line) => line.startsWith("| go "));
  const [own, other] = [
    /^\| go \| 1000 \| 1\.000× \(0\.990–1\.020\) \| 2\.000× /,
    /^\| go \| 1000 \| 1\.010× /,
  ];
  assert.equal(rows.length, 2);
  assert.match(rows[0] ?? "", own);
  assert.match(rows[1] ?? "", other);
  assert.deepEqual(
    rows.map((row) => row.split(" | ").length),
    [6, 6],
  );
});
