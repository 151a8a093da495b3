import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findFreePort } from "../../bench/subject/process/find-free-port.ts";
import { endWithUs } from "./children.ts";
import { cliPath } from "./cli.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** A task of docs/guides/tasks.md. */
export interface Task {
  readonly number: number;
  readonly title: string;
  readonly commands: string;
}

/** All tasks of the page, in its order. */
export async function readTasks(): Promise<readonly Task[]> {
  const page = await readFile(join(root, "docs/guides/tasks.md"), "utf8");
  return [...page.matchAll(/^### (\d+)\. (.*)\n[^]*?^```sh\n([^]*?)^```$/gm)].map(
    ([, number = "", title = "", commands = ""]) => ({ number: Number(number), title, commands }),
  );
}

/**
 * Runs a task's commands as they stand, in a folder in which stream-csv is installed and nothing else.
 * @param env what the task's reader has set before
 * @returns what they print
 */
export async function runTask(
  { number, commands }: Task,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const cwd = await freshFolder(number);
  try {
    const script = join(cwd, "task.sh");
    await writeFile(script, scriptOf(commands, await findFreePort()));
    const path = [join(cwd, "node_modules/.bin"), dirname(process.execPath), process.env["PATH"] ?? ""];
    const child = spawn("bash", [script], {
      cwd,
      env: { ...process.env, PATH: path.join(delimiter), NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    endWithUs(child);
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const exitCode = await new Promise((resolve) => child.once("close", resolve));
    assert.equal(exitCode, 0, stdout + stderr);
    return stdout;
  } finally {
    await rm(cwd, { recursive: true });
  }
}

/** Whether better-sqlite3, which is no package for development, is there. */
export const hasSqlite = existsSync(join(root, "node_modules/better-sqlite3"));

/**
 * Commands as one script: what would run in a terminal of its own runs beside the others, on a port that is free. `npx` runs
 * the program of the folder, as it would, but without looking for it.
 */
function scriptOf(commands: string, port: number): string {
  const serves = (command: string): string => `${command} > served.txt 2>&1 &\nserver=$!\nready "$server"`;
  const text = commands
    .replaceAll("127.0.0.1:8080", `127.0.0.1:${port}`)
    .replaceAll("localhost:8080", `localhost:${port}`)
    .replaceAll(/\b3000\b/g, String(port))
    .replaceAll("bench --quick", "bench --quick --no-progress --rows 2000 --rounds 2 --scenario export")
    .replaceAll(/^npx (stream-csv serve.*)$/gm, (_, command: string) => serves(`${command} --port ${port}`))
    .replaceAll(/^node server\.mjs$/gm, serves("node server.mjs"))
    .replaceAll("npx stream-csv", "stream-csv");
  return `set -eu
ready() {
  until curl -sk -o /dev/null http://127.0.0.1:${port}/ping || curl -sk -o /dev/null https://127.0.0.1:${port}/ping; do
    kill -0 "$1" || { cat served.txt >&2; exit 1; }
    sleep 0.1
  done
}
trap 'for job in $(jobs -p); do kill "$job" 2> /dev/null || true; done; wait' EXIT
${text}`;
}

/** A folder in which stream-csv and the packages that tasks need are installed, and nothing else. */
async function freshFolder(number: number): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "stream-csv-task-"));
  const modules = join(path, "node_modules");
  await mkdir(join(modules, ".bin"), { recursive: true });
  await symlink(root, join(modules, "stream-csv"), "junction");
  await symlink(cliPath, join(modules, ".bin/stream-csv"));
  if (number === 3)
    await cp(join(root, "node_modules/vega-datasets/data/flights-3m.parquet"), join(path, "flights.parquet"));
  if (number === 4)
    await symlink(join(root, "node_modules/better-sqlite3"), join(modules, "better-sqlite3"), "junction");
  return path;
}
