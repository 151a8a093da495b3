import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { requireWritable } from "../../bin/output.ts";

const thisFile = fileURLToPath(import.meta.url);

test("an output below a file instead of a folder is refused before its content is made", async () => {
  const file = join(thisFile, "result.json");
  await assert.rejects(requireWritable([{ file }]), {
    message: `"${file}" can't be written: ENOTDIR: not a directory, stat '${file}'. Name a file in a folder that exists.`,
  });
});

test("an output that doesn't exist yet, or is replaced, is accepted", async () => {
  await requireWritable([{ file: `${thisFile}.new` }, { file: thisFile }, { file: "-" }]);
});
