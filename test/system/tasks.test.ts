import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startPostgres } from "../../dev/postgres-server.ts";
import { cliPath } from "../harness/cli.ts";
import { endWithUs } from "../harness/children.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const page = await readFile(join(root, "docs/guides/tasks.md"), "utf8");
const tasks = [...page.matchAll(/^### (\d+)\. (.*)\n[^]*?^```sh\n([^]*?)^```$/gm)].map(
  ([, number = "", title = "", commands = ""]) => ({ number: Number(number), title, commands }),
);

/** What the output of each task has; every task has an entry. */
const outputs: Readonly<Record<number, readonly RegExp[]>> = {
  1: [/^id,customer,email,.*\r\n1,/],
  2: [/"name":"books"/, /id,title\r\n1,First\r\n2,Second\r\n$/],
  3: [/^date,delay,.*\r\n(?:.*\r\n){3}$/],
  4: [/^id,title\r\n1,First\r\n$/],
  5: [/n,square\r\n1,1\r\n2,4\r\n[^]*5,25\r\n$/],
  6: [/^n,square\r\n1,1\r\n2,4\r\n3,9\r\n$/],
  7: [/^id,name\r\n1,Ann\r\n$/],
  8: [/^id,customer\n1,/, /\nid\tcustomer\t/],
  9: [/^HTTP\/1\.1 200 OK/, /accept-ranges: bytes/i],
  10: [/"state":"running"/, /"state":"cancelled"/],
  11: [/"loopSeconds"/, /^stream_csv_transfers_total/m, /"transfers":/],
  12: [/^$/],
  13: [/^id,tags\r\n1,"\[""a"",""b""\]"\r\n2,NULL\r\n/, /\n2,[^\n]*\n$/],
  14: [/^$/],
  15: [/^401\n/, /id,customer,/],
  16: [/^id,customer,[^]*\r\n2,.*\r\n$/],
  17: [/^id,customer,[^]*\r\n2,.*\r\n$/],
  18: [/buffered/, /\| ?first byte/i],
  19: [/before\.json/],
  20: [/^$/],
};

/** Tasks that measure take a minute each, and others are tests of their own. */
const measuring = new Set([18, 19]);

const postgres = startPostgres();
let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stream-csv-tasks-"));
});
after(async () => {
  if (typeof postgres !== "string") postgres.stop();
  await rm(folder, { recursive: true });
});

/** What a task needs that may be missing here. */
function missingFor(number: number): string | undefined {
  if (number === 4 && !existsSync(join(root, "node_modules/better-sqlite3")))
    return "better-sqlite3 isn't installed: npm install better-sqlite3";
  return number === 5 && typeof postgres === "string" ? postgres : undefined;
}

/**
 * Commands as one script: what would run in a terminal of its own runs beside the others, on a port that is free. `npx` runs
 * the program of the folder, as it would, but without looking for it.
 */
function scriptOf(commands: string, port: number): string {
  const serves = (command: string): string =>
    `${command} > served.txt 2>&1 &\nserver=$!\nready "$server"`;
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A folder in which stream-csv and the packages that tasks need are installed, and nothing else. */
async function freshFolder(number: number): Promise<string> {
  const path = join(folder, String(number));
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

test("every task has a test, in order", () => {
  assert.deepEqual(
    tasks.map(({ number }) => number),
    Array.from({ length: 20 }, (_, index) => index + 1),
  );
});

for (const { number, title, commands } of tasks)
  test(
    `task ${number}, ${title.toLowerCase()}, works by its commands as they stand`,
    { skip: measuring.has(number) && process.env["STREAM_CSV_LONG_TASKS"] === undefined },
    async (t) => {
      const missing = missingFor(number);
      if (missing !== undefined) {
        t.skip(missing);
        return;
      }
      const cwd = await freshFolder(number);
      const script = join(cwd, "task.sh");
      await writeFile(script, scriptOf(commands, await freePort()));
      const path = [join(cwd, "node_modules/.bin"), dirname(process.execPath), process.env["PATH"] ?? ""];
      const env = { ...process.env, PATH: path.join(delimiter), NO_COLOR: "1" };
      if (typeof postgres !== "string") Object.assign(env, { DATABASE_URL: postgres.url });
      const child = spawn("bash", [script], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
      endWithUs(child);
      let [stdout, stderr] = ["", ""];
      child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
      const exitCode = await new Promise((resolve) => child.once("close", resolve));
      assert.equal(exitCode, 0, stdout + stderr);
      for (const pattern of outputs[number] ?? [/ \b/]) assert.match(stdout, pattern);
    },
  );
