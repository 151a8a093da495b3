import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startProgram } from "../harness/cli.ts";
import { connectTo, get } from "../harness/raw-client.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const folders = (await readdir(join(root, "examples"))).toSorted();
/** The examples of servers that a program writes; the others have tests of their own. */
const names = folders.filter(
  (name) => !name.startsWith("gate-") && existsSync(join(root, "examples", name, "server.mjs")),
);
const rowCount = 1_000_000;
const execute = promisify(execFile);
/** The limit of a single wait. */
const longestMs = 60_000;
const limit = { timeout: 4 * longestMs };

interface Package {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

async function packageOf(folder: string): Promise<Package> {
  return JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Package;
}

/** The export of every example, written without the encoder. */
function expectedText(): Buffer {
  const rows = Array.from({ length: rowCount }, (_, index) => {
    const id = index + 1;
    return `${id},"Smith, ${id % 97}",${id / 4},${id % 2 === 0}\r\n`;
  });
  return Buffer.from(`id,customer,total,paid\r\n${rows.join("")}`);
}

/** An example that runs as after `npm install`, in a folder of its own. */
interface RunningExample extends AsyncDisposable {
  readonly url: string;
  readonly folder: string;
  /** Its standard output so far. */
  output(): string;
  /** Waits for a match in the output after a place. */
  shows(pattern: RegExp, from: number): Promise<RegExpExecArray>;
}

async function startExample(name: string): Promise<RunningExample> {
  const folder = await mkdtemp(join(tmpdir(), `stream-csv-example-${name}-`));
  const source = join(root, "examples", name);
  await cp(source, folder, { recursive: true, filter: (path) => basename(path) !== "node_modules" });
  // Outside the checkout, so that a package missing in the example's package.json isn't found.
  for (const dependency of Object.keys((await packageOf(source)).dependencies)) {
    const link = join(folder, "node_modules", dependency);
    await mkdir(dirname(link), { recursive: true });
    const from = dependency === "stream-csv" ? root : join(root, "node_modules", dependency);
    await symlink(from, link, "junction");
  }
  const program = startProgram(["server.mjs"], { cwd: folder, env: { PORT: "0" } });
  let output = "";
  program.process.stdout.on("data", (text: string) => (output += text));
  const shows = async (pattern: RegExp, from: number): Promise<RegExpExecArray> => {
    const signal = AbortSignal.timeout(longestMs);
    for (;;) {
      const found = pattern.exec(output.slice(from));
      if (found !== null) return found;
      assert.equal(program.process.exitCode, null, `the example has ended: ${program.stderr()}`);
      await sleep(10, undefined, { signal });
    }
  };
  const [, url = ""] = await shows(/^listening on (http:\S+)\n/m, 0);
  return {
    url,
    folder,
    output: () => output,
    shows,
    async [Symbol.asyncDispose]() {
      program.process.kill("SIGTERM");
      await program.ended;
      await rm(folder, { recursive: true });
    },
  };
}

const expected = expectedText();

for (const name of names) {
  describe(`the example ${name}`, limit, () => {
    let example: RunningExample;
    before(async () => {
      example = await startExample(name);
    });
    after(() => example[Symbol.asyncDispose]());

    const ask = (query: string, method = "GET"): Promise<Response> =>
      fetch(`${example.url}/orders.csv${query}`, { method, signal: AbortSignal.timeout(longestMs) });

    test("sends every row as a file to save", async () => {
      const response = await ask("");
      assert.equal(response.status, 200);
      assert.match(response.headers.get("content-type") ?? "", /^text\/csv; charset=utf-8/);
      assert.equal(response.headers.get("content-disposition"), 'attachment; filename="orders.csv"');
      assert.ok(expected.equals(Buffer.from(await response.arrayBuffer())));
    });

    test("starts no query for HEAD, and answers 500 to an error before the first byte", async () => {
      const from = example.output().length;
      const head = await ask("", "HEAD");
      assert.equal(head.status, 200);
      assert.equal(head.headers.get("content-disposition"), 'attachment; filename="orders.csv"');
      assert.equal(await head.text(), "");
      const failed = await ask("?failAt=1");
      assert.equal(failed.status, 500);
      assert.equal((await failed.text()).trim(), "Internal Server Error");
      await example.shows(/query closed at row 1\n/, from);
      assert.equal(example.output().slice(from).split("query started").length, 2);
    });

    test("closes the query when the client leaves", async () => {
      const from = example.output().length;
      const client = await connectTo(example.url, get("/orders.csv"));
      assert.match(await client.firstBytes(), /^HTTP\/1\.1 200 OK\r\n/);
      client.socket.destroy();
      const [, row] = await example.shows(/query closed at row (\d+)\n/, from);
      assert.ok(Number(row) < rowCount, row);
    });

    test("cuts the connection at an error after the first byte, which curl reports", async () => {
      const file = join(example.folder, "half.csv");
      const args = ["--silent", "--max-time", String(longestMs / 1000), "--write-out", "%{http_code}"];
      const url = `${example.url}/orders.csv?failAt=500000`;
      const fault: unknown = await execute("curl", [...args, "--output", file, url]).catch(
        (error: unknown) => error,
      );
      const { code, stdout } = fault as { readonly code: number; readonly stdout: string };
      // 18: the transfer ended too early; 56: the connection was reset.
      assert.ok(code === 18 || code === 56, `curl ended with ${code}`);
      assert.equal(stdout, "200");
      const half = await readFile(file);
      assert.ok(half.length > 0 && half.length < expected.length / 2);
      assert.ok(half.equals(expected.subarray(0, half.length)));
      // The server still answers.
      assert.equal((await ask("", "HEAD")).status, 200);
    });
  });

  test(`the example ${name} asks for the packages that are tested here`, async () => {
    const { dependencies } = await packageOf(join(root, "examples", name));
    const { devDependencies } = await packageOf(root);
    for (const [dependency, range] of Object.entries(dependencies))
      assert.equal(range, dependency === "stream-csv" ? "file:../.." : devDependencies[dependency]);
  });
}

test("all examples share the same query", async () => {
  const queries = await Promise.all(
    names.map((name) => readFile(join(root, "examples", name, "orders.mjs"), "utf8")),
  );
  assert.deepEqual(names, ["express", "fastify", "hono", "node-http"]);
  assert.equal(new Set(queries).size, 1);
});
