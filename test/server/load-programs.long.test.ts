import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** Runs a program of `dev/load/` and returns the lines it printed. */
async function run(name: string, ...args: readonly number[]): Promise<readonly string[]> {
  const path = fileURLToPath(new URL(`../../dev/load/${name}.js`, import.meta.url));
  const child = spawn(process.execPath, [path, ...args.map(String)]);
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  await once(child, "close");
  return output.trimEnd().split("\n");
}

/** Verdicts by the clock, or by memory that needs a longer run, don't count in a test. */
function breaches(lines: readonly string[], judgedElsewhere: RegExp): readonly string[] {
  return lines.filter((line) => !/^(holds |       ) /.test(line) && !judgedElsewhere.test(line));
}

test("sends each of many slow readers on one worker its own bytes", async () => {
  const lines = await run("thousand-readers", 20, 2, 3);
  assert.deepEqual(breaches(lines, /\/ping is answered within/), []);
  assert.ok(lines.some((line) => line.includes("have the whole text, byte for byte: 3 readers")));
});

test("reports every export correctly when a worker is killed", async () => {
  const lines = await run("killed-worker", 12, 2);
  assert.deepEqual(breaches(lines, /serves within a second/), []);
  assert.ok(lines.some((line) => line.includes("6 of 6 got an error")));
});

test("lets every export finish while it drains, and accepts no new client", async () => {
  const lines = await run("drain", 6, 3);
  assert.deepEqual(breaches(lines, /^$/), []);
  assert.ok(lines.some((line) => line.includes("every export ends with the whole text: 6 of 6")));
});

test("answers every kind of client correctly, all of them at once", async () => {
  const lines = await run("soak", 0.1);
  assert.deepEqual(breaches(lines, /stands still/), []);
  assert.ok(lines.some((line) => line.includes("every client got what it should: all")));
});
