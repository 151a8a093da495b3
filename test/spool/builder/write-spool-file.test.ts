import assert from "node:assert/strict";
import { closeSync, readdirSync, readlinkSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { noProgress } from "../../../src/body/encode-batches.ts";
import type { ExportRun } from "../../../src/export/run.ts";
import { writeSpoolFile } from "../../../src/spool/builder/write-spool-file.ts";

/** Closes a file of this process behind the back of its handle, which then can't be closed, as on a disk that has gone. */
function closeBehind(path: string): void {
  const links = readdirSync("/proc/self/fd").flatMap((name) => {
    try {
      return [{ name, target: readlinkSync(`/proc/self/fd/${name}`) }];
    } catch {
      // The listing's own descriptor is closed by now.
      return [];
    }
  });
  closeSync(Number(links.find(({ target }) => target === path)?.name));
}

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
