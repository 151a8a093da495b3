/**
 * Runs sets of tests, one after the other, `node dist/test/harness/run-tests.js SET...`:
 *
 * - `plain`, the default: unit tests, and tests of the system by one server or a few processes; a few files at the same time.
 * - `programs`: `*.programs.test.ts`, which start many processes, or hold the package against programs and databases of others:
 *   a browser, shells, proxies, package managers, PostgreSQL, servers in other languages; a few files at the same time.
 * - `long`: `*.long.test.ts`, which run whole benches, but not to learn how fast anything is, search for long, try a guide with
 *   the package of another project that it is about, or try what seldom changes on many ways; a few at the same time.
 * - `measured`: `*.measured.test.ts`, which want the machine for themselves, one after the other.
 * - `long-measured`: `*.long-measured.test.ts`, whole benches that want it too, and readers that are slow.
 * - `portable`: what may differ on another line of Node: `plain` and `programs` without the tests whose subject is the same on all,
 *   and the few of `long` in which Node does most of the work.
 * - `core`: of these the ones of sockets, streams, processes and files.
 * - `rooms`: of these the ones that need no whole server and few processes.
 *
 * Files that only compute share processes, because half of the time of a small one is Node's start.
 *
 * Sets that are joined by a plus, such as `programs+long`, run together, so that the last files of one don't leave cores idle.
 *
 * With `--retries=FILE` each file that failed is run once more, alone, and its path is added to FILE, so that a build can
 * count them over all its sets; the exit code is then that of the second run. What node:test prints comes last on
 * standard output. Measurements that were repeated within a test, and their number, go to standard error.
 */
import { setMaxListeners } from "node:events";
import { appendFile, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { run } from "node:test";
import { spec, tap } from "node:test/reporters";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const built = fileURLToPath(new URL("../", import.meta.url));
/** Where the tests are written, since a build leaves behind what is no longer among them. */
const sources = fileURLToPath(new URL("../../../test/", import.meta.url));

/** The word before `.test.js` says in which set a file is; without one it is `plain`. */
const kinds = ["programs", "long", "measured", "long-measured"] as const;
type Kind = "plain" | (typeof kinds)[number];

function kindOf(file: string): Kind {
  return kinds.find((kind) => file.endsWith(`.${kind}.test.js`)) ?? "plain";
}

/**
 * Parts of paths of tests that need one line of Node only. Node runs servers, streams, sockets, files and processes; what
 * holds these up is tested on every line. A test is here if its subject is one of those that are named.
 */
const sameOnEveryLine = [
  // Arithmetic and texts: statistics, results and reports, and the texts and settings of commands.
  "bench/",
  "bin/access-commands",
  "bin/compare",
  "bin/configuration-secrets",
  "bin/configuration.",
  "bin/file-flags",
  "bin/help",
  "bin/report",
  "arguments.test",
  "similar-name",
  "units.test",
  // The source code itself and its documents.
  "action.",
  "architecture.test",
  "contributing",
  "dev/",
  "docs.",
  "language.test",
  "package/",
  // What the encoder and the parsers make of values: those of the language, of bytes and of databases.
  "csv/",
  "csv-file/linear",
  "postgres/values",
  // The page in a browser.
  "server/page/forms",
  "server/page/page",
  "server/page/sign-in",
  // What guides and examples say.
  "system/gate-examples",
  "system/postgres-example",
  // What a whole server decides before or behind the sockets, streams, processes and files: who may have what, what it serves and
  // what it says of itself.
  "system/access",
  "system/closed-by-default",
  "system/jwt",
  "system/links",
  "system/request-identity",
  "system/token-limits",
  "system/jobs",
  "system/metrics",
  "system/query-exports",
  "system/serve-sources",
  // Which database, pieces and errors a file has. That DuckDB's package works on a line, tests of its types and bytes show.
  "duckdb-contents",
  "duckdb-databases",
  "duckdb-messages",
  "duckdb-parts",
];

/** Rooms in which Node does most of the work. */
const nodeRooms = /^(?:async|body|compression|ipc|response|server|socket|spool)\//;
/** Tests of whole servers whose subject is how connections begin and end, but for those that make thousands of them. */
const connectionTests = /^system\/(?:http|pipelined|raw|stop|tls|tunnel)/;

/** Parts of paths of tests that take long, in which Node does most of the work too. */
const longOnEveryLine = [
  "job/store/s3/s3-store",
  "source/text-file",
  "system/container-volume",
  "system/endless-loop",
  "system/spool-disk",
  "system/stuck-log",
  "system/tracing",
];

/** Parts of paths of tests that take long for the size of their files, since they are few or come from documents. */
const longForTheirSize = [
  "docs.programs",
  "package/install.programs",
  "server/page/accessibility.long",
  "source/source-contract",
  "spool/builder/build-file",
  "system/container-volume",
  "system/endless-loop.long",
  "system/http10",
  "system/jobs.programs",
  "system/shortage",
  "system/stuck-log.long",
  "system/work.long",
];

function isPortable(file: string): boolean {
  const kind = kindOf(file);
  if (kind === "long") return longOnEveryLine.some((part) => file.includes(part));
  return (kind === "plain" || kind === "programs") && !sameOnEveryLine.some((part) => file.includes(part));
}

interface TestSet {
  readonly concurrency: number;
  takes(file: string): boolean;
}

const isOf =
  (kind: Kind) =>
  (file: string): boolean =>
    kindOf(file) === kind;

const sets: Readonly<Record<string, TestSet>> = {
  plain: {
    // Many of them wait for processes, so that two more than there are cores keep the cores busy.
    concurrency: availableParallelism() + 2,
    takes: isOf("plain"),
  },
  programs: { concurrency: availableParallelism() + 2, takes: isOf("programs") },
  // Benches wait more than they compute: for buffers that fill, for readers, for a time that is watched.
  long: { concurrency: availableParallelism() + 1, takes: isOf("long") },
  measured: { concurrency: 1, takes: isOf("measured") },
  "long-measured": { concurrency: 1, takes: isOf("long-measured") },
  portable: {
    // Two lines are tested at the same time.
    concurrency: Math.max(2, availableParallelism()),
    takes: isPortable,
  },
  core: {
    // It goes on when `rooms` of another line, which starts with it, has ended.
    concurrency: availableParallelism() + 1,
    takes: (file) =>
      !isOf("long")(file) && isPortable(file) && (nodeRooms.test(file) || connectionTests.test(file)),
  },
  rooms: {
    concurrency: Math.max(2, availableParallelism()),
    takes: (file) => isOf("plain")(file) && isPortable(file) && nodeRooms.test(file),
  },
};

async function filesOf({ takes }: TestSet): Promise<readonly string[]> {
  const names = await readdir(sources, { recursive: true });
  const files = names
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => name.replaceAll("\\", "/").replace(/\.ts$/, ".js"));
  requireUsed(
    sameOnEveryLine,
    files.filter((file) => isOf("plain")(file) || isOf("programs")(file)),
  );
  requireUsed(longOnEveryLine, files.filter(isOf("long")));
  requireUsed(longForTheirSize, files);
  const taken = await Promise.all(
    files.filter(takes).map(async (file) => ({ file, bytes: (await stat(join(built, file))).size })),
  );
  // The longest last would leave cores idle. How long a file takes isn't known, but larger ones have more tests.
  const isLong = (file: string): boolean => longForTheirSize.some((part) => file.includes(part));
  return taken
    .toSorted(
      (one, other) =>
        Number(isLong(other.file)) - Number(isLong(one.file)) ||
        other.bytes - one.bytes ||
        (one.file < other.file ? -1 : 1),
    )
    .map(({ file }) => join(built, file));
}

/** A part of a path that no file has any more would say nothing. */
function requireUsed(parts: readonly string[], files: readonly string[]): void {
  const unused = parts.find((part) => !files.some((file) => file.includes(part)));
  if (unused !== undefined) throw new Error(`no test file of its kind has "${unused}" in its path`);
}

/** Test files that run in one process each have these at most. */
const filesPerProcess = 12;

/**
 * Whether a test file only computes, so that it may share a process with others: it imports nothing of Node, no hooks, which would be
 * those of all files of the process, and nothing that starts programs.
 */
async function onlyComputes(file: string): Promise<boolean> {
  const text = await readFile(file, "utf8");
  if (/^import \{[^}]*\b(?:before|after)(?:Each)?\b[^}]*\} from "node:test"/m.test(text)) return false;
  const imported = [...text.matchAll(/^import [^"]*"([^"]+)"/gm)].map(([, name = ""]) => name);
  return imported.every((name) =>
    name.startsWith("node:")
      ? name === "node:test" || name === "node:assert/strict"
      : !/\/(?:harness|dev|fixtures)\//.test(name),
  );
}

const eachAlone = (files: readonly string[]): ReadonlyMap<string, readonly string[]> =>
  new Map(files.map((file) => [file, [file]]));

/**
 * What Node runs: modules in `folder` that import several files, and files; with the files of each. The modules come first, since
 * each takes longer than most files.
 */
async function programsOf(
  files: readonly string[],
  folder: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const computing = new Set<string>();
  for (const file of files) if (await onlyComputes(file)) computing.add(file);
  const programs = new Map<string, readonly string[]>();
  const count = Math.ceil(computing.size / filesPerProcess);
  for (let index = 0; index < count; index += 1) {
    // By turns, since they are sorted by size.
    const shared = [...computing].filter((_, position) => position % count === index);
    const program = join(folder, `shared-${index}.test.mjs`);
    await writeFile(program, shared.map((file) => `import "${pathToFileURL(file).href}";\n`).join(""));
    programs.set(program, shared);
  }
  for (const file of files) if (!computing.has(file)) programs.set(file, [file]);
  return programs;
}

/** Runs files, and gives the exit code and the files in which a test failed. */
async function runFiles(
  files: readonly string[],
  concurrency: number,
): Promise<{ readonly exitCode: number; readonly failed: readonly string[] }> {
  const folder = await mkdtemp(join(tmpdir(), "run-tests-"));
  const programs = concurrency === 1 ? eachAlone(files) : await programsOf(files, folder);
  const repeated = join(folder, "repeated");
  await writeFile(repeated, "");
  process.env["REPEATED_ATTEMPTS"] = repeated;
  const stop = new AbortController();
  // Each file listens.
  setMaxListeners(0, stop.signal);
  const interrupt = (): void => stop.abort();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, interrupt);
  const failed = new Set<string>();
  const events = run({ files: [...programs.keys()], concurrency, timeout: 600_000, signal: stop.signal });
  // A program that ended by itself, or took too long, fails under its own path.
  events.on("test:fail", ({ file, name }) => {
    const path = file ?? name;
    for (const one of programs.get(path) ?? [path]) failed.add(one);
  });
  const text = process.stdout.isTTY ? events.compose(new spec()) : events.compose(tap);
  await pipeline(text, process.stdout, { end: false });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, interrupt);
  const repetitions = await linesOf(repeated);
  for (const line of repetitions) process.stderr.write(`--- repeated within a test: ${line}\n`);
  if (repetitions.length > 0) process.stderr.write(`--- ${repetitions.length} repeated within tests\n`);
  await rm(folder, { recursive: true });
  // Nothing is tried again of what was interrupted.
  if (stop.signal.aborted) return { exitCode: 130, failed: [] };
  return { exitCode: failed.size === 0 ? 0 : 1, failed: [...failed].toSorted() };
}

async function linesOf(file: string): Promise<readonly string[]> {
  return (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
}

/** Runs a set, and what failed in it once more where that is wanted; gives the exit code. */
async function runSet(set: TestSet, retries: string | undefined): Promise<number> {
  const files = await filesOf(set);
  // node:test would look for files by itself.
  if (files.length === 0) return 0;
  const { exitCode, failed } = await runFiles(files, set.concurrency);
  if (exitCode === 0 || failed.length === 0 || retries === undefined) return exitCode;
  const again = await testFilesOf(failed, files);
  if (again.length === 0) return exitCode;
  await appendFile(retries, again.map((file) => `${file}\n`).join(""));
  const count = (await readFile(retries, "utf8")).trim().split("\n").length;
  const paths = again.map((file) => relative(built, file));
  process.stdout.write(`--- tried again, alone, ${count} in this build so far: ${paths.join(" ")}\n`);
  return (await runFiles(again, 1)).exitCode;
}

/**
 * The files among `files` to which failed tests belong, or none if one of the tests belongs to no file. A test that a module defines
 * for several files has the path of that module, which by itself has no test, and would pass.
 */
async function testFilesOf(failed: readonly string[], files: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const path of failed) {
    const owners: string[] = [];
    if (files.includes(path)) owners.push(path);
    else
      for (const file of files)
        if ((await readFile(file, "utf8")).includes(`/${basename(path)}"`)) owners.push(file);
    if (owners.length === 0) return [];
    for (const owner of owners) found.add(owner);
  }
  return [...found];
}

function setOf(name: string): TestSet {
  const set = sets[name];
  if (set === undefined) throw new Error(`"${name}" is not a set of tests: ${Object.keys(sets).join(", ")}`);
  return set;
}

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { retries: { type: "string" } },
  });
  const names = positionals.length === 0 ? ["plain"] : positionals;
  const wanted = names.map((joined) => joined.split("+").map(setOf));
  for (const together of wanted) {
    const set: TestSet = {
      concurrency: Math.max(...together.map(({ concurrency }) => concurrency)),
      takes: (file) => together.some((one) => one.takes(file)),
    };
    const exitCode = await runSet(set, values.retries);
    if (exitCode !== 0) return exitCode;
  }
  return 0;
}

process.exitCode = await main();
