import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { setUp } from "../../../bench/subject/version/set-up.ts";

test("installs a package of a workspace by the lock file of its checkout, and builds only the package", async (t) => {
  const checkout = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
  t.after(() => rm(checkout, { recursive: true }));
  const folder = join(checkout, "services", "api");
  await mkdir(folder, { recursive: true });
  const scripts = { build: "node -e \"fs.writeFileSync('built', '')\"" };
  const write = (path: string, content: unknown): Promise<void> =>
    writeFile(join(checkout, path), JSON.stringify(content));
  await write("package.json", { name: "shop", private: true, workspaces: ["services/*"], scripts });
  await write("services/api/package.json", { name: "api", version: "1.0.0", scripts });
  const quiet = { cwd: checkout, stdio: "ignore" } as const;
  execFileSync("git", ["init", "-q"], quiet);
  execFileSync("npm", ["install", "--package-lock-only", "--offline"], quiet);
  const steps: string[] = [];
  await setUp({
    folder,
    command: null,
    what: "git:main",
    signal: new AbortController().signal,
    onProgress: (label) => steps.push(label),
  });
  assert.deepEqual(steps, [
    "setting up git:main: npm ci --no-audit --no-fund",
    "setting up git:main: npm run build --if-present",
  ]);
  assert.ok(existsSync(join(checkout, "node_modules", "api")));
  assert.ok(existsSync(join(folder, "built")));
  assert.ok(!existsSync(join(checkout, "built")));
});

test("looks for a lock file in the checkout only, and does nothing where there is none", async (t) => {
  const outside = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
  t.after(() => rm(outside, { recursive: true }));
  await writeFile(join(outside, "package-lock.json"), "not a lock file");
  const folder = join(outside, "checkout");
  await mkdir(join(folder, ".git"), { recursive: true });
  const steps: string[] = [];
  const { signal } = new AbortController();
  await setUp({ folder, command: null, what: "x", signal, onProgress: (label) => steps.push(label) });
  assert.deepEqual(steps, []);
});

test("a setup that fails says so with its last lines, and not that the version is unknown", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
  t.after(() => rm(folder, { recursive: true }));
  const { signal } = new AbortController();
  const command = "echo 'no such package' >&2; exit 3";
  await assert.rejects(setUp({ folder, command, what: "git:main", signal }), {
    code: "SCSV_VERSION_UNAVAILABLE",
    message: /The setup of git:main, .*, failed\. The last lines: no such package/,
    hint: /^Run it by hand in a checkout of that version\./,
  });
});

/** A folder of its own, and what every setup in it has in common. */
async function scratch(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
  t.after(() => rm(folder, { recursive: true }));
  return { folder, what: "git:main", signal: new AbortController().signal };
}

test("a setup ends with its command, though what that started in the background holds its output open", async (t) => {
  const options = await scratch(t);
  const command = "(echo $$ > /dev/null; exec sleep 100) & echo $! > started";
  await setUp({ ...options, command });
  const pid = Number(await readFile(join(options.folder, "started"), "utf8"));
  // It still runs, as a database has to that a setup starts.
  assert.ok(process.kill(pid, "SIGKILL"));
});

test("a setup finds programs where the server's command finds them, and Node's own folder comes last", async (t) => {
  const options = await scratch(t);
  const tools = join(options.folder, "tools");
  await mkdir(tools);
  await writeFile(join(tools, "node"), "#!/bin/sh\necho mine\n");
  await chmod(join(tools, "node"), 0o755);
  const { PATH = "" } = process.env;
  t.after(() => (process.env["PATH"] = PATH));
  process.env["PATH"] = [tools, PATH].join(delimiter);
  await setUp({ ...options, command: 'node > found; echo "$PATH" > path' });
  assert.equal(await readFile(join(options.folder, "found"), "utf8"), "mine\n");
  const path = (await readFile(join(options.folder, "path"), "utf8")).trim().split(delimiter);
  assert.deepEqual([path[0], path.at(-1)], [tools, dirname(process.execPath)]);
});

test("a setup that fails is quoted without the password of an address in it", async (t) => {
  const options = await scratch(t);
  const steps: string[] = [];
  const command = "false --index-url https://shop:hunter2@pypi.example.org/simple";
  await assert.rejects(setUp({ ...options, command, onProgress: (label) => steps.push(label) }), {
    message: /"false --index-url https:\/\/shop:…@pypi\.example\.org\/simple", failed/,
  });
  assert.doesNotMatch(steps.join("\n"), /hunter2/);
});
