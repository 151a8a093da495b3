import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { openSource } from "../../src/index.ts";

const folder = mkdtempSync(join(tmpdir(), "stream-csv-foreign-"));
after(() => {
  rmSync(folder, { recursive: true });
});

function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test("refuses a tar archive of a table, in which the table's rows stand between rows of its own", async () => {
  fileOf("names.csv", "name\nAnn\n");
  const archive = execFileSync("tar", ["-c", "-C", folder, "names.csv"]);
  for (const [path, subject] of [
    [fileOf("tar.csv", archive), "it"],
    [fileOf("tar.csv.gz", gzipSync(archive)), "what is compressed in it"],
  ] as const)
    await assert.rejects(openSource(path), {
      code: "SCSV_SOURCE_UNREADABLE",
      message: `The file ${JSON.stringify(path)} isn't text: ${subject} is a tar archive.`,
      hint: "Unpack it with: tar -xf FILE",
    });
});

test("refuses what Git LFS and git-annex leave in place of a file, whatever it is", async () => {
  const pointers = [
    `version https://git-lfs.github.com/spec/v1\noid sha256:${"4d".repeat(32)}\nsize 12345\n`,
    "/annex/objects/SHA256E-s12345--4d7a.csv\n",
  ];
  for (const pointer of pointers)
    for (const name of ["a.csv", "a.tsv", "a.json", "a.parquet", "a.db"])
      await assert.rejects(openSource(fileOf(name, pointer)), {
        code: "SCSV_SOURCE_UNREADABLE",
        message: /it is a pointer of Git LFS or git-annex in place of the file\.$/,
        hint: "Fetch the file itself with: git lfs pull, or git annex get FILE",
      });
});
