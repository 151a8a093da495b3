import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { startPostgres } from "../../../dev/postgres-server.ts";
import { StreamCsvError } from "../../../src/errors.ts";
import { openCatalog } from "../../../src/export/catalog.ts";
import { readExportParameters } from "../../../src/export/parameters.ts";
import { planExport } from "../../../src/export/plan.ts";
import type { ServedSource } from "../../../src/export/served-source.ts";
import { buildFile, digestFile } from "../../../src/spool/builder/build-file.ts";
import { inMakerProcess, type MakerLimits } from "../../../src/spool/builder/maker-process.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "build-"));
});
after(() => rm(folder, { recursive: true }));

const long: MakerLimits = { hangTimeoutMs: 600_000, stallTimeoutMs: 600_000 };

/** Builds a file of so many rows; `onProgress` is called before each piece is written. */
async function build(
  rows: number,
  limits: MakerLimits,
  onProgress: () => void = () => undefined,
  signal: AbortSignal = new AbortController().signal,
) {
  const request = await requestFor("orders", [], rows);
  return await buildFile(request, roomFor(onProgress), signal, { limits });
}

/** What a builder is asked for. */
async function requestFor(name: string, sources: readonly ServedSource[], rows: number) {
  const catalog = await openCatalog({ sources });
  const parameters = readExportParameters([["rows", String(rows)]]);
  const version = sources.length === 0 ? null : "now";
  const { key } = planExport(await catalog.find(name), parameters, { version });
  await catalog.close();
  return { name, sources, version, parameters, key, label: "test", path: join(folder, randomUUID()) };
}

function roomFor(onProgress: () => void) {
  return {
    reserve: (_: number, wanted: number): Promise<number> => {
      onProgress();
      return Promise.resolve(wanted);
    },
    freeDisk: () => Promise.resolve(false),
  };
}

function childrenOfThis(): readonly number[] {
  const text = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

const skip = process.platform === "linux" ? false : "needs /proc";

test("writes a file and leaves no process", { skip }, async () => {
  const { rows } = await build(1000, long);
  assert.equal(rows, 1000);
  assert.deepEqual(childrenOfThis(), []);
});

test("kills a builder that is stopped, says so, and leaves no process", { skip }, async () => {
  const isStopped = { yet: false };
  const stop = (): void => {
    if (!isStopped.yet) for (const pid of childrenOfThis()) process.kill(pid, "SIGSTOP");
    isStopped.yet = true;
  };
  await assert.rejects(build(50_000_000, { ...long, hangTimeoutMs: 400 }, stop), {
    code: "SCSV_WORKER_FAILED",
    message: /"orders" didn't answer for 0\.4 s/,
  });
  assert.deepEqual(childrenOfThis(), []);
});

test("says that a builder died, and leaves no process", { skip }, async () => {
  const kill = (): void => {
    for (const pid of childrenOfThis()) process.kill(pid, "SIGKILL");
  };
  await assert.rejects(build(50_000_000, long, kill), {
    code: "SCSV_WORKER_FAILED",
    message: 'The process that wrote the file of "orders" died (SIGKILL).',
  });
  assert.deepEqual(childrenOfThis(), []);
});

test(
  "ends a builder for the reason of its signal, and starts none for one that has fired",
  { skip },
  async () => {
    const stop = new AbortController();
    const reason = new Error("nobody waits");
    await assert.rejects(
      build(50_000_000, long, () => stop.abort(reason), stop.signal),
      reason,
    );
    assert.deepEqual(childrenOfThis(), []);
    await assert.rejects(
      build(1000, long, () => assert.fail("built"), stop.signal),
      reason,
    );
  },
);

test("gives what a builder throws, such as that there is no room", { skip }, async () => {
  const full = new StreamCsvError("SCSV_SPOOL_SIZE", "The file is too large.");
  const throwing = (): void => {
    throw full;
  };
  await assert.rejects(build(1000, long, throwing), { code: full.code, message: full.message });
  assert.deepEqual(childrenOfThis(), []);
});

test("digests a file in a process of its own", { skip }, async () => {
  const path = join(folder, "digested");
  await writeFile(path, "id\r\n1\r\n");
  const expected = createHash("sha256").update("id\r\n1\r\n").digest("hex");
  assert.equal(await digestFile(path, new AbortController().signal, { limits: long }), expected);
  await assert.rejects(
    digestFile(join(folder, "gone"), new AbortController().signal, { limits: long }),
    /ENOENT/,
  );
  assert.deepEqual(childrenOfThis(), []);
});

test("kills a builder that answers and writes nothing more", { skip }, async () => {
  // Nothing is written before it has started, which takes longer than this.
  await assert.rejects(build(1000, { hangTimeoutMs: 40, stallTimeoutMs: 1 }), {
    code: "SCSV_WORKER_FAILED",
  });
  assert.deepEqual(childrenOfThis(), []);
});

test("waits for a database that gives no row for longer than a builder may rest", { skip }, async (t) => {
  const server = startPostgres();
  if (typeof server === "string") return t.skip(server);
  try {
    const database = { name: "main", url: server.url };
    const sql = "SELECT 1 AS n FROM (SELECT pg_sleep(10)) AS sorting";
    const request = await requestFor("sorted", [{ name: "sorted", database, sql }], 10);
    const { signal } = new AbortController();
    const limits = { ...long, stallTimeoutMs: 8000 };
    const { rows } = await buildFile(
      request,
      roomFor(() => undefined),
      signal,
      { limits },
    );
    assert.equal(rows, 1);
  } finally {
    server.stop();
  }
});

/** A program that ends itself by a signal on its first starts, before it could ignore it, and then answers every call. */
async function endsItself(
  signal: NodeJS.Signals,
  times: number,
): Promise<{ program: string; starts: string }> {
  const name = randomUUID();
  const [path, starts] = [join(folder, `${name}.mjs`), join(folder, `${name}.starts`)];
  await writeFile(starts, "");
  const code = `import { appendFileSync, readFileSync } from "node:fs";
    appendFileSync(${JSON.stringify(starts)}, "x");
    if (readFileSync(${JSON.stringify(starts)}).length <= ${times}) {
      process.kill(process.pid, "${signal}");
      setInterval(() => undefined, 1000);
    } else process.on("message", ({ id }) => process.send({ kind: "result", id, value: 7 }));
  `;
  await writeFile(path, code);
  return { program: pathToFileURL(path).href, starts };
}

async function makeWith(program: string): Promise<unknown> {
  const { signal } = new AbortController();
  return await inMakerProcess<{ make: (none: null) => number }, unknown>(
    { program, work: "made something", host: {}, signal, limits: long },
    (link) => link.call("make", null),
  );
}

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  test(`a builder that ${signal} to its process group ends before it could ignore it is started again`, async () => {
    const { program, starts } = await endsItself(signal, 2);
    assert.equal(await makeWith(program), 7);
    assert.equal(readFileSync(starts, "utf8"), "xxx");
  });
}

test("a builder that dies is not started again, and the fault says by which signal", async () => {
  for (const [signal, times, expected] of [
    ["SIGKILL", 1, "x"],
    ["SIGTERM", 9, "xxx"],
  ] as const) {
    const { program, starts } = await endsItself(signal, times);
    await assert.rejects(makeWith(program), {
      code: "SCSV_WORKER_FAILED",
      message: `The process that made something died (${signal}).`,
    });
    assert.equal(readFileSync(starts, "utf8"), expected);
  }
});
