import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { constants } from "node:fs";
import {
  chmod,
  mkdtemp,
  open,
  readFile,
  readdir,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as zlib from "node:zlib";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { decompress } from "fzstd";
import { after, before, test } from "node:test";
import { endWithUs } from "../harness/children.ts";
import { runCliInTurn } from "../harness/cli-in-turn.ts";
import { cliPath, runCli, startCli } from "../harness/cli.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "export-test-"));
});
after(async () => {
  await rm(folder, { recursive: true });
});

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

test("a file is exported by its name also where that begins with the name of an export", async () => {
  const own = await mkdtemp(join(folder, "named-"));
  await writeFile(join(own, "books.csv"), "a\n1\n");
  await writeFile(join(own, "other.csv"), "b\n2\n");
  await writeFile(join(own, "stream-csv.yaml"), "exports: { books: { file: other.csv } }\n");
  const run = async (...args: readonly string[]): Promise<string> => {
    const { stdout, stderr } = await runCliInTurn(["export", ...args], { cwd: own });
    return stdout + stderr;
  };
  assert.equal(await run("books.csv", "--dialect", "unix"), "a\n1\n");
  assert.equal(await run("books", "--dialect", "unix"), "b\n2\n");
  assert.match(await run("books.table"), /There is no export "books\.table"; there are books/);
  await rm(own, { recursive: true });
});

test("fails where a source's connection is closed, which isn't a reader that has had enough", async () => {
  const config = join(folder, "broken.config.mjs");
  const path = join(folder, "broken.csv");
  await writeFile(
    config,
    `async function* rows() { yield [1]; throw Object.assign(new Error("write EPIPE"), { code: "EPIPE" }); }
export default { exports: { broken: { columns: ["n"], rows } } };`,
  );
  for (const output of ["-", path]) {
    const { exitCode, stderr } = await runCliInTurn(["export", "broken", "--config", config, "-o", output]);
    assert.equal(exitCode, 1);
    assert.match(stderr, /EPIPE/);
  }
  await assert.rejects(stat(path), { code: "ENOENT" });
  await rm(config);
});

test("writes the same bytes to standard output and to a file", async () => {
  const path = join(folder, "orders.csv");
  const toOutput = await runCli(["export", "orders", "--rows", "3000"]);
  const toFile = await runCli(["export", "orders", "--rows", "3000", "--output", path]);
  assert.equal(toOutput.exitCode, 0);
  assert.equal(toFile.exitCode, 0);
  assert.equal(toFile.stdout, "");
  assert.equal(sha256(await readFile(path)), sha256(toOutput.stdout));
  assert.deepEqual(await readdir(folder), ["orders.csv"]);
});

test("takes rows, seed, columns, dialect and its options as flags", async () => {
  const dialect = ["--dialect", "unix", "--delimiter", "semicolon"];
  const { stdout } = await runCliInTurn([
    "export",
    "orders",
    "--rows",
    "2",
    "--seed",
    "7",
    "--columns",
    "id,status",
    ...dialect,
  ]);
  assert.match(stdout, /^id;status\n1;\w+\n2;\w+\n$/);
});

test("shows no progress bar without a terminal", async () => {
  const { stderr } = await runCliInTurn([
    "export",
    "orders",
    "--rows",
    "1000",
    "--output",
    join(folder, "quiet.csv"),
  ]);
  assert.equal(stderr, "");
});

test("ends quietly and at once when the pipe it writes to is closed", async () => {
  const cli = startCli(["export", "orders", "--rows", "9007199254740991"]);
  cli.process.stdout.once("data", () => cli.process.stdout.destroy());
  const { exitCode, stderr } = await cli.ended;
  assert.equal(exitCode, 0);
  assert.equal(stderr, "");
});

test("writes directly to a device, and reports when it is full", async () => {
  assert.equal((await runCliInTurn(["export", "orders", "--rows", "10", "-o", "/dev/null"])).exitCode, 0);
  const { exitCode, stderr } = await runCli(["export", "orders", "--rows", "100000", "-o", "/dev/full"]);
  assert.equal(exitCode, 1);
  assert.match(stderr, /ENOSPC/);
});

test("replaces the file behind a link, and leaves the link", async () => {
  const [file, link] = [join(folder, "real.csv"), join(folder, "link.csv")];
  await writeFile(file, "old");
  await symlink(file, link);
  await runCliInTurn(["export", "orders", "--rows", "3", "-o", link]);
  assert.equal(await realpath(link), await realpath(file));
  assert.equal((await readFile(file, "utf8")).split("\r\n").length, 5);
});

test("gives a file the permissions of the one it replaces, whatever the umask", async () => {
  const file = join(folder, "secret.csv");
  for (const mode of [0o600, 0o666]) {
    await writeFile(file, "old");
    await chmod(file, mode);
    await runCliInTurn(["export", "orders", "--rows", "3", "-o", file]);
    assert.equal((await stat(file)).mode & 0o777, mode);
  }
});

test("a signal ends an export at once although standard output is a file that never blocks", async () => {
  const file = await open(join(folder, "redirected.csv"), "w");
  const child = spawn(process.execPath, [cliPath, "export", "orders", "--rows", "900000000"], {
    stdio: ["ignore", file.fd, "ignore"],
  });
  endWithUs(child);
  while ((await file.stat()).size === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill("SIGINT");
  const [code] = (await once(child, "close")) as [number | null];
  assert.equal(code, 130);
  await file.close();
});

const signals = [
  ["SIGHUP", 129],
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const;
for (const [signal, code] of signals) {
  test(`leaves no partial file behind on ${signal}, and exits with ${code}`, async () => {
    const own = await mkdtemp(join(folder, "interrupted-"));
    const cli = startCli(["export", "orders", "--rows", "9007199254740991", "-o", join(own, "never.csv")]);
    while ((await readdir(own)).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    cli.process.kill(signal);
    assert.equal((await cli.ended).exitCode, code);
    assert.deepEqual(await readdir(own), []);
  });
}

for (const [signal, code] of signals) {
  test(`ends on ${signal} although nobody reads the pipe it writes to, with ${code}`, async () => {
    const cli = startCli(["export", "orders", "--rows", "9007199254740991"]);
    cli.process.stdout.pause();
    await once(cli.process.stdout, "readable");
    cli.process.kill(signal);
    await once(cli.process, "exit");
    assert.equal(cli.process.exitCode, code);
    cli.process.stdout.destroy();
  });
}

test("writes to a named pipe once it has a reader", async () => {
  const pipe = join(folder, "read.pipe");
  spawnSync("mkfifo", [pipe]);
  const cli = startCli(["export", "orders", "--rows", "6000", "-o", pipe]);
  const [bytes, { exitCode }] = await Promise.all([readFile(pipe), cli.ended]);
  const { stdout } = await runCliInTurn(["export", "orders", "--rows", "6000"]);
  assert.equal(exitCode, 0);
  assert.equal(bytes.toString(), stdout);
});

test("ends on a signal while it waits for a named pipe's reader to appear or to read on", async () => {
  const pipe = join(folder, "unread.pipe");
  spawnSync("mkfifo", [pipe]);
  const waiting = startCli(["export", "orders", "--rows", "1000000", "-o", pipe]);
  while (!(await catchesHangUp(waiting.process.pid))) await new Promise((resolve) => setTimeout(resolve, 20));
  waiting.process.kill("SIGHUP");
  assert.equal((await waiting.ended).exitCode, 129);

  const reader = await open(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const writing = startCli(["export", "orders", "--rows", "1000000", "-o", pipe]);
  while ((await reader.read(Buffer.alloc(1)).catch(() => ({ bytesRead: 0 }))).bytesRead === 0)
    await new Promise((resolve) => setTimeout(resolve, 20));
  writing.process.kill("SIGINT");
  assert.equal((await writing.ended).exitCode, 130);
  await reader.close();
});

/** Whether a process has a handler for SIGHUP, the first bit of a mask in hexadecimal (proc(5)). */
async function catchesHangUp(pid: number | undefined): Promise<boolean> {
  const mask = /^SigCgt:\t\w*(\w)$/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1];
  return (Number.parseInt(mask ?? "0", 16) & 1) === 1;
}

const decompressors = { gz: gunzipSync, br: brotliDecompressSync, zst: decompress } as const;
for (const [ending, decompressed] of Object.entries(decompressors)) {
  const skip = ending === "zst" && !("createZstdCompress" in zlib) ? "this Node has no zstd" : false;
  test(`compresses a file whose name ends in .${ending}`, { skip }, async () => {
    const own = await mkdtemp(join(folder, "compressed-"));
    const path = join(own, `orders.CSV.${ending}`);
    const { stdout } = await runCliInTurn(["export", "orders", "--rows", "6000"]);
    assert.equal((await runCliInTurn(["export", "orders", "--rows", "6000", "-o", path])).exitCode, 0);
    const bytes = await readFile(path);
    assert.ok(bytes.byteLength < stdout.length / 2);
    assert.equal(sha256(Buffer.from(decompressed(bytes))), sha256(stdout));
    assert.deepEqual(await readdir(own), [`orders.CSV.${ending}`]);
  });

  test(`leaves no partial file in .${ending} behind on SIGINT`, { skip }, async () => {
    const own = await mkdtemp(join(folder, "interrupted-"));
    const path = join(own, `never.csv.${ending}`);
    const cli = startCli(["export", "orders", "--rows", "9007199254740991", "-o", path]);
    while ((await readdir(own)).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    cli.process.kill("SIGINT");
    assert.equal((await cli.ended).exitCode, 130);
    assert.deepEqual(await readdir(own), []);
  });
}

test("refuses a name of a compressed file that it can't write", async () => {
  for (const ending of ["xz", "ZIP", "bz2", ...("createZstdCompress" in zlib ? [] : ["zst"])]) {
    const path = join(folder, `never.csv.${ending}`);
    const { exitCode, stderr } = await runCliInTurn(["export", "orders", "--rows", "3", "-o", path]);
    assert.equal(exitCode, 1);
    assert.match(stderr, /^error: ".*" can't be written: its name ends in \.\w+, .* Use one of \.gz, \.br/);
    await assert.rejects(stat(path));
  }
});

test("needs no more memory for a large compressed file than for a small one", async () => {
  const peakOf = async (rows: string): Promise<number> => {
    const path = join(folder, "memory.csv.gz");
    const { stdout, stderr } = await runCli(["export", "orders", "--rows", rows, "-o", path], {
      under: ["/usr/bin/env", `NODE_OPTIONS=--import=${reportPeak}`],
    });
    assert.equal(stdout, "");
    return Number(/peak (\d+)/.exec(stderr)?.[1]);
  };
  const [small, large] = [await peakOf("20000"), await peakOf("300000")];
  assert.ok(large - small < 20 * 1024, `${small} KiB and ${large} KiB`);
});

/** Writes the peak of a process's memory to standard error when it ends. */
const reportPeak =
  "data:text/javascript,process.on('exit',()=>console.error('peak',process.resourceUsage().maxRSS))";

test("accepts boolean flags alone, with true or false, and with a no- prefix", async () => {
  const one = ["export", "orders", "--rows", "0", "--columns", "id", "--dialect", "unix"];
  const textOf = async (...flags: readonly string[]): Promise<string> =>
    (await runCliInTurn([...one, ...flags])).stdout;
  assert.equal(await textOf("--header"), "id\n");
  assert.equal(await textOf("--header", "false"), "");
  assert.equal(await textOf("--no-header"), "");
  assert.equal(await textOf("--bom"), "\uFEFFid\n");
  assert.equal(await textOf("--dialect", "excel", "--no-bom"), "id\r\n");
});

test("a file is made where a link points, and may have a name as long as a file system takes", async () => {
  const own = await mkdtemp(join(folder, "links-"));
  const args = ["export", "orders", "--rows", "1", "--columns", "id", "--dialect", "unix", "-o"];
  await symlink("second", join(own, "first"));
  await symlink("made.csv", join(own, "second"));
  const long = `${"n".repeat(251)}.csv`;
  for (const [name, made] of [
    ["first", "made.csv"],
    [long, long],
  ] as const) {
    const { exitCode, stderr } = await runCliInTurn([...args, join(own, name)]);
    assert.equal(exitCode, 0, stderr);
    assert.equal(await readFile(join(own, made), "utf8"), "id\n1\n");
  }
  assert.deepEqual((await readdir(own)).toSorted(), ["first", "made.csv", long, "second"].toSorted());
  await rm(own, { recursive: true });
});

test(
  "a full disk is reported with the file's name and what to do, compressed or not",
  { skip: process.platform !== "linux" },
  async () => {
    const own = await mkdtemp(join(folder, "full-"));
    const links = ["full.csv", "full.csv.gz"].map((name) => join(own, name));
    for (const link of links) {
      await symlink("/dev/full", link);
      const { exitCode, stderr } = await runCliInTurn(["export", "orders", "--rows", "30000", "-o", link]);
      assert.equal(exitCode, 1);
      assert.equal(
        stderr,
        `error: "${link}" can't be written: ENOSPC: no space left on device, write. Make space on its disk, or name a file on another.\n`,
      );
    }
    await rm(own, { recursive: true });
  },
);

const mistakes: readonly (readonly [title: string, args: readonly string[], said: RegExp])[] = [
  ["an unknown column", ["orders", "--columns", "nope"], /"nope"/],
  ["rows that are no count", ["orders", "--rows", "-1"], /-1/],
  ["an unknown dialect", ["orders", "--dialect", "klingon"], /"klingon"/],
  ["a dialect that can't be", ["orders", "--delimiter", '"'], /delimiter/],
  ["a missing file", ["/nowhere/x.parquet"], /"\/nowhere\/x\.parquet"/],
  ["a name that is neither export nor file", ["ordres"], /"ordres"/],
  ["a folder that doesn't exist", ["orders", "--rows", "1", "-o", "/nowhere/x.csv"], /\/nowhere/],
  [
    "a folder in the place of a file",
    ["orders", "--rows", "1", "-o", "/tmp"],
    /"\/tmp" can't be written: it is a folder/,
  ],
  [
    "a name that is too long",
    ["orders", "--rows", "1", "-o", "n".repeat(300)],
    /can't be written: ENAMETOOLONG.* Give it a shorter name\.$/m,
  ],
  [
    "a file of a type that isn't read, once",
    ["books.xlsx"],
    /"books\.xlsx" is not a file type that can be read\.\nUse a file that ends in \.parquet[^\n]*\n$/,
  ],
  ["no name at all", [], /missing required argument/],
  ["a table of a generated export", ["orders", "--table", "t"], /--table t is for a DuckDB or SQLite file/],
  [
    "a table of a file without tables",
    ["x.csv.gz", "--table", "t"],
    /--table t is for a DuckDB or SQLite file, and "x\.csv\.gz" is a \.csv file\./,
  ],
  ["a flag, by its own name", ["orders", "--record-delimiter", "cr"], /^error: --record-delimiter: /],
  [
    "a quote of more than one character",
    ["orders", "--quote", "pipe"],
    /write one, or its name: double, single/,
  ],
];
for (const [title, args, said] of mistakes) {
  test(`says what is wrong with ${title}, with exit code 1`, async () => {
    const { exitCode, stdout, stderr } = await runCliInTurn(["export", ...args]);
    assert.equal(exitCode, 1);
    assert.equal(stdout, "");
    assert.match(stderr, said);
    assert.doesNotMatch(stderr, /^\s+at /m);
  });
}
