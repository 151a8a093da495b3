import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { endWithUs } from "../harness/children.ts";
import { cliPath } from "../harness/cli.ts";

const result = fileURLToPath(new URL("../../../fixtures/results/regression.json", import.meta.url));

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "odd-outputs-test-"));
});
after(async () => {
  await rm(folder, { recursive: true });
});

/**
 * Commands that end by themselves, each with what it ends with when all is well and the output that it writes to: every way to
 * an output is among them once. To standard output go the help of the program and of a command, a list, a stream and a report;
 * to standard error the help of a program without arguments, and what Commander, a command and a server refuse.
 */
const commands: readonly (readonly [args: readonly string[], exitCode: number, output: 1 | 2])[] = [
  [["--help"], 0, 1],
  [["--version"], 0, 1],
  [["help", "bench"], 0, 1],
  [["bench", "--list"], 0, 1],
  [["export", "orders", "--rows", "30000"], 0, 1],
  [["report", result], 0, 1],
  [["compare", result, result], 0, 1],
  [[], 1, 2],
  [["help", "nosuch"], 1, 2],
  [["nosuch"], 1, 2],
  [["serve", "nosuch.csv"], 1, 2],
  [["export", "nosuch"], 1, 2],
];
/** Of the commands that write nothing to an output, these are run with an odd one all the same. */
const silentOn: Readonly<Record<1 | 2, string>> = { 1: "export nosuch", 2: "export orders --rows 30000" };

interface Odd {
  readonly exitCode: number | null;
  readonly stderr: string;
}

/** Runs a command through a shell, which knows every kind of redirection. */
async function run(args: readonly string[], redirection: string): Promise<Odd> {
  const command = [process.execPath, cliPath, ...args].map((word) => `'${word}'`).join(" ");
  const errors = join(folder, "stderr");
  const script = `set -o pipefail; ${command} ${redirection}`;
  const child = spawn("bash", ["-c", script], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ERRORS: errors, GITHUB_STEP_SUMMARY: "" },
  });
  endWithUs(child);
  const [exitCode] = (await once(child, "close")) as [number | null];
  const file = await open(errors, "a+");
  const stderr = await file.readFile("utf8");
  await file.close();
  await rm(errors, { force: true });
  return { exitCode, stderr };
}

function assertNoTrace(stderr: string): void {
  assert.doesNotMatch(stderr, /^\s+at |node:internal|Unhandled|UnhandledPromise/m);
}

/** No sentence and no line is printed twice. */
function assertToldOnce(stderr: string): void {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "" && line.startsWith("error"));
  assert.deepEqual(lines, [...new Set(lines)]);
}

for (const [args, exitCode, output] of commands) {
  const name = args.map((arg) => (arg === result ? "RESULT" : arg)).join(" ") || "no arguments";
  const writesTo = (which: 1 | 2): boolean => output === which || args.join(" ") === silentOn[which];
  if (writesTo(1)) {
    test(`${name}: a reader that closes the pipe is not an error`, async () => {
      const closed = await run(args, '2>"$ERRORS" | true');
      assert.equal(closed.exitCode, exitCode, closed.stderr);
      assertNoTrace(closed.stderr);
      if (exitCode === 0) assert.equal(closed.stderr, "");
    });

    test(`${name}: a full disk behind standard output is reported in one sentence, with exit code 1`, async () => {
      const full = await run(args, '>/dev/full 2>"$ERRORS"');
      assert.equal(full.exitCode, 1);
      assertNoTrace(full.stderr);
      assertToldOnce(full.stderr);
      if (exitCode === 0)
        assert.match(
          full.stderr,
          /^error: Standard output can't be written: ENOSPC[^\n]*\. Make space on its disk[^\n]*\n$/,
        );
    });

    test(`${name}: standard output that is closed changes nothing`, async () => {
      const closed = await run(args, '>&- 2>"$ERRORS"');
      assert.equal(closed.exitCode, exitCode, closed.stderr);
      assertNoTrace(closed.stderr);
    });
  }

  if (writesTo(2))
    test(`${name}: standard error that is full, closed or gone changes nothing`, async () => {
      for (const redirection of ["2>/dev/full >/dev/null", "2>&- >/dev/null", "2>&1 >/dev/null | true"]) {
        assert.equal((await run(args, redirection)).exitCode, exitCode, redirection);
      }
    });
}

test("serve continues if its ready line can't be written, and says so", { timeout: 60_000 }, async () => {
  const errors = join(folder, "serve-errors");
  const script = `exec '${process.execPath}' '${cliPath}' serve --port 0 --log-format json >/dev/full 2>'${errors}'`;
  const child = spawn("bash", ["-c", script], { stdio: "ignore" });
  endWithUs(child);
  const said = async (): Promise<string> => {
    const file = await open(errors, "a+");
    const text = await file.readFile("utf8");
    await file.close();
    return text;
  };
  while (!(await said()).includes("Standard output can't be written:"))
    await new Promise((resolve) => setTimeout(resolve, 20));
  const url = /"url":"([^"]+)"/.exec(await said())?.[1];
  assert.equal((await fetch(`${url}/ping`)).status, 200);
  child.kill("SIGTERM");
  const [exitCode] = (await once(child, "close")) as [number | null];
  assert.equal(exitCode, 0);
  assertNoTrace(await said());
});

/** Empty arguments, and paths in a folder that doesn't exist. */
const nowhere: readonly (readonly [args: readonly string[], said: RegExp])[] = [
  [["export", "orders", "--rows", "1", "-o", ""], /"" can't be written: the name is empty/],
  [["report", result, "-o", "json="], /"json=" is not an output/],
  [["bench", "--save-baseline", ""], /"" can't be written: the name is empty/],
  [["export", ""], /""/],
  [["report", ""], /""/],
  [["bench", "--baseline", ""], /""/],
  [["serve", "--config", ""], /""/],
  [["serve", ""], /""/],
];
for (const [args, said] of nowhere) {
  test(`${args.map((arg) => (arg === "" ? '""' : arg)).join(" ")} is refused with a sentence`, async () => {
    const { exitCode, stderr } = await run(args, '>/dev/null 2>"$ERRORS"');
    assert.equal(exitCode, 1);
    assert.match(stderr, said);
    assertNoTrace(stderr);
  });
}

for (const command of ["serve --port 0", "bench --quick --scenario export"]) {
  test(`${command} says once that the temporary folder is missing, and what to do`, async () => {
    const prefix = `2>"$ERRORS" >/dev/null`;
    process.env["TMPDIR"] = "/nonexistent/tmp";
    const { exitCode, stderr } = await run(command.split(" "), prefix).finally(
      () => delete process.env["TMPDIR"],
    );
    assert.equal(exitCode, 1);
    assert.match(stderr, /"\/nonexistent\/tmp"/);
    assert.match(stderr, /--spool-dir|TMPDIR/);
    assertNoTrace(stderr);
    assert.equal(stderr.match(/ENOENT/g)?.length, 1);
  });
}

test("a byte order mark at the start of a configuration, a baseline and a result is ignored", async () => {
  const config = join(folder, "config.json");
  await writeFile(config, '\uFEFF{ "bench": { "rows": "many" } }');
  const bench = await run(["bench", "--config", config], '>/dev/null 2>"$ERRORS"');
  assert.match(bench.stderr, /"many" is not a whole number/);
  const baseline = join(folder, "baseline.json");
  await writeFile(baseline, '\uFEFF{ "schema": "other" }');
  const held = await run(["bench", "--baseline", baseline], '>/dev/null 2>"$ERRORS"');
  assert.match(held.stderr, /at schema/);
});

test("a file that a killed run left behind blocks nothing, and stays unchanged", async () => {
  const own = await mkdtemp(join(folder, "left-"));
  // Each run as process 1 of a container has the same process id; here files exist for every id.
  const left = Array.from({ length: 50 }, (_, pid) => `.out.csv.${pid}.part`);
  await Promise.all(left.map((name) => writeFile(join(own, name), "half")));
  const args = ["export", "orders", "--rows", "5", "-o", join(own, "out.csv")];
  assert.equal((await run(args, '2>"$ERRORS"')).exitCode, 0);
  assert.deepEqual((await readdir(own)).toSorted(), [...left, "out.csv"].toSorted());
});
