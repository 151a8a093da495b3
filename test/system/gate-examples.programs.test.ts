import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { findFreePort } from "../../bench/subject/process/find-free-port.ts";
import { startPostgres } from "../../dev/postgres-server.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const examples = join(root, "examples");
const names = (await readdir(examples)).filter((name) => name.startsWith("gate-")).toSorted();
const longestMs = 60_000;
/** What somebody who tried an example installed there. */
const installed: ReadonlySet<string> = new Set(["node_modules", ".venv"]);

interface Workflow {
  readonly on: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: {
    readonly gate: {
      readonly steps: readonly { readonly uses?: string; readonly with?: Readonly<Record<string, string>> }[];
    };
  };
}

async function workflowOf(name: string): Promise<Workflow> {
  return parse(await readFile(join(examples, name, ".github/workflows/export.yml"), "utf8")) as Workflow;
}

/** The inputs that the workflow of an example gives to the action. */
async function inputsOf(name: string): Promise<Readonly<Record<string, string>>> {
  const { jobs } = await workflowOf(name);
  return jobs.gate.steps.find(({ uses }) => uses?.includes("/stream-csv@"))?.with ?? {};
}

/** What sets up an example for Python. */
const pythonSetup = "python3 -m venv .venv && .venv/bin/pip install --quiet -r requirements.txt";

/** What has to be on this machine. */
const needs: Readonly<Record<string, readonly [program: string, ...args: string[]]>> = {
  "gate-django": ["/usr/bin/python3", "-c", "import django, gunicorn"],
  "gate-fastapi": ["/usr/bin/python3", "-c", "import fastapi, uvicorn"],
  "gate-php": ["php", "--version"],
};

/**
 * Makes the virtual environment that the workflow of an example for Python makes, with the packages of this machine instead of
 * those that pip would fetch.
 */
function makeVirtualEnvironment(folder: string): void {
  const flags = ["--system-site-packages", "--without-pip"];
  const made = spawnSync("/usr/bin/python3", ["-m", "venv", ...flags, ".venv"], { cwd: folder });
  assert.equal(made.status, 0, made.stderr.toString());
}

/** Starts the server of an example by the command of its workflow; returns its address. */
async function start(t: TestContext, name: string, env: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `stream-csv-example-${name}-`));
  t.after(() => rm(folder, { recursive: true }));
  const source = join(examples, name);
  await cp(source, folder, { recursive: true, filter: (path) => !installed.has(basename(path)) });
  const { target = "", setup = "" } = await inputsOf(name);
  if (name === "gate-express-postgres") {
    const { dependencies } = JSON.parse(await readFile(join(source, "package.json"), "utf8")) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    for (const dependency of Object.keys(dependencies)) {
      const link = join(folder, "node_modules", dependency);
      await mkdir(dirname(link), { recursive: true });
      await symlink(join(root, "node_modules", dependency), link, "junction");
    }
    assert.match(setup, /&& node seed\.mjs$/);
    const seeded = spawnSync(process.execPath, ["seed.mjs"], {
      cwd: folder,
      env: { ...process.env, ...env },
    });
    assert.equal(seeded.status, 0, seeded.stderr.toString());
  }
  if (existsSync(join(source, "requirements.txt"))) {
    assert.equal(setup, pythonSetup);
    makeVirtualEnvironment(folder);
  }
  const port = String(await findFreePort());
  const filled = target.replace(/^\w+=/, "").replaceAll("{port}", port);
  const [command = "", url = ""] = filled.split(" @ ");
  const server = spawn("sh", ["-c", command], {
    cwd: folder,
    env: {
      ...process.env,
      ...env,
      PATH: `/usr/bin:${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
    },
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  server.stderr.on("data", (text: Buffer) => (errors += text.toString()));
  t.after(async () => {
    if (server.pid !== undefined && server.exitCode === null) {
      process.kill(-server.pid, "SIGTERM");
      await once(server, "exit");
    }
  });
  const endMs = Date.now() + longestMs;
  for (;;) {
    const answer = await fetch(new URL("/ping", url)).catch(() => null);
    if (answer?.status === 200) {
      assert.equal(await answer.text(), "pong");
      return url;
    }
    assert.ok(Date.now() < endMs && server.exitCode === null, `${name} doesn't answer: ${errors}`);
    await sleep(100);
  }
}

for (const name of names) {
  const need = needs[name];
  const isThere = need === undefined || spawnSync(need[0], need.slice(1)).status === 0;
  const skip = isThere ? false : `it needs ${need?.join(" ")}`;

  test(`the example ${name} gives the rows that its workflow asks for`, { skip }, async (t) => {
    let env: Readonly<Record<string, string>> = {};
    if (name === "gate-express-postgres") {
      const postgres = startPostgres();
      if (typeof postgres === "string") {
        t.skip(postgres);
        return;
      }
      t.after(() => postgres.stop());
      env = { DATABASE_URL: postgres.url };
    }
    const url = await start(t, name, env);
    for (const rows of [0, 1, 5000]) {
      const answer = await fetch(url.replace("{rows}", String(rows)));
      assert.equal(answer.status, 200);
      assert.match(answer.headers.get("content-type") ?? "", /^text\/csv; ?header=present/);
      const lines = (await answer.text()).trimEnd().split(/\r?\n/);
      assert.equal(lines[0], "id,customer,total,paid");
      assert.equal(lines.length, rows + 1);
      if (rows > 0) assert.match(lines.at(-1) ?? "", new RegExp(`^${rows},"Smith, ${rows % 97}",[\\d.]+,`));
    }
  });

  test(`the workflow of the example ${name} is safe for forks, and its README has its commands`, async () => {
    const { on, permissions, jobs } = await workflowOf(name);
    assert.equal(on, "pull_request");
    assert.deepEqual(permissions, { contents: "read" });
    const [checkout, gate] = jobs.gate.steps;
    assert.match(checkout?.uses ?? "", /^actions\/checkout@[0-9a-f]{40}$/);
    assert.equal(gate?.uses, "OWNER/stream-csv@COMMIT");
    const { target = "", setup = "" } = gate.with ?? {};
    const readme = await readFile(join(examples, name, "README.md"), "utf8");
    assert.equal(readme.split(` --target '${target.replace(" --log-level warning", "")}'`).length, 3, target);
    // What the README sets up for the other version. Tables of a database are filled already, for both versions.
    const [install = ""] = setup.replace(/ --(quiet|no-audit|no-fund)/g, "").split(" && node seed");
    assert.equal(/--setup '(.*)'/.exec(readme)?.[1] ?? "", install);
    assert.ok(readme.includes(install));
    const programs = [...readme.matchAll(/^node (\S+) bench/gm)];
    assert.equal(programs.length, 2);
    for (const [, path = ""] of programs)
      assert.equal(join(examples, name, path), join(root, "dist/bin/stream-csv.js"));
  });
}
