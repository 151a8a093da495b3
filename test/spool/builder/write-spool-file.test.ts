import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { noProgress } from "../../../src/body/encode-batches.ts";
import type { ExportRun } from "../../../src/export/run.ts";
import { writeSpoolFile } from "../../../src/spool/builder/write-spool-file.ts";
import { closeBehind } from "../../harness/open-files.ts";

test(
  "a failed export is the reason also where its file can't be closed then",
  { skip: process.platform !== "linux" },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "write-spool-file-"));
    const path = join(folder, "part");
    // oxlint-disable-next-line require-await -- an async iterable without anything to wait for
    async function* fail(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("id\n");
      closeBehind(path);
      throw new Error("the query failed");
    }
    const run: ExportRun = {
      chunks: fail(),
      lentChunks: fail(),
      doubleBuffered: fail(),
      progress: noProgress,
    };
    const room = {
      reserve: (_: number, wanted: number) => Promise.resolve(wanted),
      freeDisk: () => Promise.resolve(false),
    };
    await assert.rejects(
      writeSpoolFile(run, path, room, () => undefined),
      /^Error: the query failed$/,
    );
    await rm(folder, { recursive: true });
  },
);
