import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { requireWritable, writeTextFile } from "../../bin/output.ts";
import { openSink } from "../../bin/sink.ts";
import { startCli } from "../harness/cli.ts";
import { closeBehind } from "../harness/open-files.ts";

const thisFile = fileURLToPath(import.meta.url);

test("an output below a file instead of a folder is refused before its content is made", async () => {
  const file = join(thisFile, "result.json");
  await assert.rejects(requireWritable([{ file }]), {
    message: `"${file}" can't be written: ENOTDIR: not a directory, stat '${file}'. Name a file in a folder that exists.`,
  });
});

test("an output that can't be written is refused with what to do about it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-output-"));
  try {
    const loop = join(folder, "loop");
    await symlink(loop, loop);
    const long = join(folder, "x".repeat(300));
    const away = join(folder, "none", "a.json");
    for (const [file, end] of [
      [loop, /: ELOOP: .*\. Its links lead back to themselves; name a file\.$/],
      [long, /: ENAMETOOLONG: .*\. Give it a shorter name\.$/],
      [folder, /: it is a folder\. Name a file in it\.$/],
      [away, /: its folder .*none doesn't exist or isn't writable\. Name a file in a folder where/],
    ] as const)
      await assert.rejects(requireWritable([{ file }]), { message: end });
    await assert.rejects(writeTextFile(folder, ""), {
      message: `"${folder}" can't be written: it is a folder. Name a file in it.`,
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test(
  "an output that can't be closed is removed all the same when it is given up",
  { skip: process.platform !== "linux" },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "stream-csv-output-"));
    const sink = await openSink(join(folder, "gone.csv"));
    await sink.write(Buffer.from("id\n"));
    closeBehind(folder);
    await sink.abandon();
    assert.deepEqual(await readdir(folder), []);
    await rm(folder, { recursive: true });
  },
);

test("an output that doesn't exist yet, or is replaced, is accepted", async () => {
  await requireWritable([{ file: `${thisFile}.new` }, { file: thisFile }, { file: "-" }]);
});

test("commands that print end quietly when their reader has left, with the exit code they have anyway", async () => {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-output-"));
  const config = join(folder, "stream-csv.yaml");
  const key = `{ id: k1, secret: ${"0123456789abcdef".repeat(4)} }`;
  await writeFile(config, `exports: { gone: { file: gone.csv } }\nlinks: { keys: [${key}] }\n`);
  const commands: readonly (readonly [args: readonly string[], exitCode: number, stderr: RegExp])[] = [
    [["completion", "bash"], 0, /^$/],
    [["token"], 0, /^$/],
    [["link", "/exports/gone.csv", "--config", config], 0, /^$/],
    [["check", "--config", config], 1, /^error: The file ".*gone\.csv" can't be read: .*\n/],
  ];
  try {
    await Promise.all(
      commands.map(async ([args, exitCode, stderr]) => {
        const cli = startCli(args);
        cli.process.stdout.destroy();
        const ended = await cli.ended;
        assert.equal(ended.exitCode, exitCode, ended.stderr);
        assert.match(ended.stderr, stderr);
        assert.doesNotMatch(ended.stderr, /EPIPE/);
      }),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
