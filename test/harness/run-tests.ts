/**
 * Runs one of the three sets of tests, `node dist/test/harness/run-tests.js SET`:
 *
 * - `plain`, the default: unit and system tests, a few files at the same time.
 * - `measured`: files that want the machine for themselves, `*.measured.test.ts`, one after the other.
 * - `portable`: what may differ on another line of Node: `plain` without the long tests whose subject is the same on all.
 *
 * With `--retries=FILE` each file that failed is run once more, alone, and its path is added to FILE, so that a build can
 * count them over all its sets; the exit code is then that of the second run. What node:test prints comes last.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("../", import.meta.url));
const reporter = new URL("failed-files.js", import.meta.url).href;

const isMeasured = (file: string): boolean => file.endsWith(".measured.test.js");

/** Parts of paths whose subjects are statistics, reports, documents and long searches, none of them a matter of Node. */
const sameOnEveryLine = [
  "bench/",
  "changing-files",
  "csv/fast.",
  "docs.test",
  "fuzz",
  "linear-cost",
  "random",
  "regular-expressions",
];

interface TestSet {
  readonly concurrency: number;
  takes(file: string): boolean;
}

const sets: Readonly<Record<string, TestSet>> = {
  plain: {
    // Many of them wait for processes, so that one more than there are cores costs none of them its time.
    concurrency: availableParallelism() + 1,
    takes: (file) => !isMeasured(file),
  },
  measured: { concurrency: 1, takes: isMeasured },
  portable: {
    concurrency: availableParallelism(),
    takes: (file) => !isMeasured(file) && !sameOnEveryLine.some((part) => file.includes(part)),
  },
};

async function filesOf({ takes }: TestSet): Promise<readonly string[]> {
  const names = (await readdir(root, { recursive: true })).map((name) => name.replaceAll("\\", "/"));
  const files = names.filter((name) => name.endsWith(".test.js"));
  for (const part of sameOnEveryLine) {
    if (!files.some((file) => file.includes(part))) throw new Error(`no test file has "${part}" in its path`);
  }
  return files
    .filter(takes)
    .toSorted()
    .map((file) => join(root, file));
}

/** Runs files, and gives the exit code and the files in which a test failed. */
async function run(
  files: readonly string[],
  concurrency: number,
): Promise<{ readonly exitCode: number; readonly failed: readonly string[] }> {
  const folder = await mkdtemp(join(tmpdir(), "run-tests-"));
  const failures = join(folder, "failures");
  await writeFile(failures, "");
  const child = spawn(
    process.execPath,
    [
      "--test",
      `--test-concurrency=${concurrency}`,
      "--test-timeout=600000",
      `--test-reporter=${process.stdout.isTTY ? "spec" : "tap"}`,
      "--test-reporter-destination=stdout",
      `--test-reporter=${reporter}`,
      `--test-reporter-destination=${failures}`,
      ...files,
    ],
    { stdio: "inherit" },
  );
  // node:test ends its files, and its exit code is this one's.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, "exit")) as [number | null];
  const failed = new Set((await readFile(failures, "utf8")).split("\n").filter((line) => line !== ""));
  await rm(folder, { recursive: true });
  return { exitCode: code ?? 1, failed: [...failed].toSorted() };
}

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { retries: { type: "string" } },
  });
  const [name = "plain"] = positionals;
  const set = sets[name];
  if (set === undefined) throw new Error(`"${name}" is not a set of tests: ${Object.keys(sets).join(", ")}`);
  const { exitCode, failed } = await run(await filesOf(set), set.concurrency);
  if (exitCode === 0 || failed.length === 0 || values.retries === undefined) return exitCode;
  await appendFile(values.retries, failed.map((file) => `${file}\n`).join(""));
  const count = (await readFile(values.retries, "utf8")).trim().split("\n").length;
  const paths = failed.map((file) => relative(root, file));
  process.stdout.write(`--- tried again, alone, ${count} in this build so far: ${paths.join(" ")}\n`);
  return (await run(failed, 1)).exitCode;
}

process.exitCode = await main();
