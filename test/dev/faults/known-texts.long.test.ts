import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { KnownTexts, knownDialects } from "../../../dev/faults/subject/known-texts.ts";
import { fileKinds, SourceFiles } from "../../../dev/faults/subject/source-files.ts";
import { csvChunks, openSource } from "../../../src/index.ts";

test("every kind and version of file has the expected text in every dialect", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "known-texts-"));
  t.after(() => rm(folder, { recursive: true }));
  const files = await SourceFiles.make(folder);
  const texts = new KnownTexts();
  for (const [index, kind] of fileKinds.entries()) {
    // Each dialect with some kind, each version by both ways.
    const dialect = knownDialects[index % knownDialects.length]!;
    await files.replace(kind, "other");
    await files.rewrite(kind, "third");
    for (const version of ["third", "other", "first"] as const) {
      await files.rewrite(kind, version);
      assert.equal(files.current(kind), version);
      const source = await openSource(files.served[index]!, kind === "duckdb" ? { table: "rows" } : {});
      const hash = createHash("sha256");
      for await (const chunk of csvChunks(source, { dialect })) hash.update(chunk);
      await source.close();
      const known = await texts.ofFile(version, dialect);
      assert.equal(hash.digest("hex"), known.sha256, `${kind} ${version} ${dialect}`);
    }
  }
});
