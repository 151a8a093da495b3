import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { endWithUs } from "../harness/children.ts";
import { cliPath } from "../harness/cli.ts";

const python = spawnSync("python3", ["-c", "import pty"]).status === 0;
const skip = python ? false : "python3 isn't installed, whose pty module makes a terminal";
const terminal = fileURLToPath(new URL("../../../fixtures/terminal/run.py", import.meta.url));

interface Screen {
  /** The output on the terminal, including escape sequences. */
  readonly text: string;
  readonly exitCode: number | null;
}

/** Runs a command in a terminal, and presses keys one after the other, each when the bar is visible again. */
async function inTerminal(keys: readonly string[], args: readonly string[], kind = "xterm"): Promise<Screen> {
  const child = spawn("python3", [terminal, keys.join(","), process.execPath, cliPath, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TERM: kind },
  });
  endWithUs(child);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { text, exitCode };
}

/** Whether the cursor is shown and long lines are wrapped at the end of a text. */
function isRestored(text: string): boolean {
  const lastOf = (mode: string): string | undefined =>
    [...text.matchAll(new RegExp(`\\u001B\\[\\?${mode}([hl])`, "g"))].at(-1)?.[1];
  return lastOf("25") === "h" && lastOf("7") === "h";
}

/** Hides the cursor, as a progress bar does. */
const hideCursor = "\u001B[?25l";

const endless = ["export", "orders", "--rows", "900000000", "-o", "/dev/null"];
const bench = ["bench", "--rounds", "500", "--rows", "1000", "--scenario", "export"];

const ways: readonly (readonly [
  title: string,
  keys: readonly string[],
  args: readonly string[],
  exitCode: number,
])[] = [
  ["export that ends", [], ["export", "orders", "--rows", "600000", "-o", "/dev/null"], 0],
  ["export after one Ctrl-C", ["int"], endless, 130],
  ["export after two Ctrl-C", ["int+int"], endless, 130],
  ["bench after one Ctrl-C", ["int"], bench, 130],
  ["bench after two Ctrl-C", ["int+int"], bench, 130],
  ["export that a crash ends", ["crash"], endless, 1],
];
for (const [title, keys, args, exitCode] of ways) {
  test(`gives the terminal back after ${title}`, { skip }, async () => {
    const screen = await inTerminal(keys, args);
    assert.equal(screen.exitCode, exitCode);
    assert.ok(screen.text.includes(hideCursor), "no bar was shown, so nothing is proven");
    assert.ok(isRestored(screen.text), JSON.stringify(screen.text.slice(-200)));
    assert.ok(!screen.text.includes("<settings changed>"));
  });
}

for (const [title, args, expected] of [
  ["export", ["export", "orders", "--rows", "1000", "-o", "/dev/null"], /^$/],
  ["bench", [...bench.slice(0, 1), "--rounds", "1", ...bench.slice(3)], /Verdict: informational/],
  ["serve", ["serve", "--port", "0"], /listening on http:/],
] as const) {
  test(`${title} sends a terminal without escape sequences text alone`, { skip }, async () => {
    const { text, exitCode } = await inTerminal(title === "serve" ? ["int"] : [], args, "dumb");
    assert.equal(exitCode, 0, text);
    assert.match(text, expected);
    assert.ok(!text.includes("\u001B"), JSON.stringify(text));
  });
}

for (const [title, args] of [
  ["export", endless],
  ["bench", bench],
] as const) {
  test(`lets the terminal cut the bar of ${title} when the window becomes narrower`, { skip }, async () => {
    const { text, exitCode } = await inTerminal(["narrow", "int"], args);
    const [before = "", after = ""] = text.split("<drawn>");
    assert.ok(before.includes("<narrow>"));
    // Without wrapping, a bar that is wider than the window takes one line, which the next one replaces.
    assert.equal([...before.matchAll(new RegExp(String.raw`\u001B\[\?7([hl])`, "g"))].at(-1)?.[1], "l");
    assert.ok(isRestored(after), JSON.stringify(after.slice(-200)));
    assert.equal(exitCode, 130);
  });
}

const serve = ["serve", "--port", "0"];

for (const keys of [["int"], ["int+int"]]) {
  test(`serve leaves the terminal as it was after ${keys.join(", ")}`, { skip }, async () => {
    const { text, exitCode } = await inTerminal(keys, serve);
    assert.match(text, /listening on http:/);
    assert.ok(exitCode === 0 || (keys[0] === "int+int" && exitCode === 130), String(exitCode));
    // Colours of the log are all that it sends beside text, and each of its lines ends them.
    const sequences = [...text.matchAll(new RegExp(String.raw`\u001B\[[\d;?]*[A-Za-z]`, "g"))].map(
      ([sequence]) => sequence,
    );
    assert.deepEqual(
      sequences.filter((sequence) => !/^.\[\d+m$/.test(sequence)),
      [],
    );
    assert.ok(["\u001B[39m", "\u001B[49m", undefined].includes(sequences.at(-1)), sequences.at(-1));
    assert.ok(!text.includes("<settings changed>"));
  });
}

for (const [title, args] of [
  ["export", endless],
  ["bench", bench],
] as const) {
  test(
    `gives the terminal back while ${title} is suspended by Ctrl-Z, and takes it again with fg`,
    { skip },
    async () => {
      const { text, exitCode } = await inTerminal(["tstp", "cont", "int"], args);
      const [first = "", suspended = "", resumed = ""] = text.split(/<(?:suspended|resumed)>/);
      assert.ok(first.includes(hideCursor), first);
      assert.ok(isRestored(first), JSON.stringify(first.slice(-200)));
      assert.equal(suspended, "");
      assert.ok(resumed.includes(hideCursor), resumed);
      assert.ok(isRestored(resumed), JSON.stringify(resumed.slice(-200)));
      assert.equal(exitCode, 130);
    },
  );
}
