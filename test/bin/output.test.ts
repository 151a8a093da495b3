import assert from "node:assert/strict";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { requireWritable, writeTextFile } from "../../bin/output.ts";

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

test("an output that doesn't exist yet, or is replaced, is accepted", async () => {
  await requireWritable([{ file: `${thisFile}.new` }, { file: thisFile }, { file: "-" }]);
});
