import assert from "node:assert/strict";
import { closeSync, constants, createReadStream, openSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { statsOf } from "../harness/ask.ts";
import { get } from "../harness/raw-client.ts";
import { rawAnswers } from "../harness/raw.ts";
import { exitCodeOf, makeFifo, noFifos, serveInto } from "./log-pipe.ts";

/** The longest name that a file may have beside its ending; it makes the log's lines long. */
const longName = "n".repeat(240);

/** Exports whose log lines exceed what a pipe and the sink together hold. */
async function exportsUntilDropped(url: string): Promise<void> {
  // As many as a server takes ahead on one connection.
  const requests = get(`/exports/${longName}.csv?rows=0`, { "X-Request-Id": "x".repeat(128) }).repeat(64);
  while ((await statsOf({ url })).log.droppedLines === 0) {
    const answers = await Promise.all([rawAnswers(url, requests), rawAnswers(url, requests)]);
    for (const { answers: all } of answers)
      assert.deepEqual(
        all.map(({ status }) => status),
        Array<number>(64).fill(200),
      );
  }
}

for (const format of ["json", "pretty"] as const) {
  test(
    `continues to serve, stops gracefully and reports lost lines when nobody reads its ${format} log`,
    { skip: noFifos },
    async (t) => {
      const { folder, path, remove } = await makeFifo();
      t.after(remove);
      const file = join(folder, `${longName}.csv`);
      await writeFile(file, "id\n");
      const both = openSync(path, constants.O_RDWR);
      const { url, child } = await serveInto(t, both, format, [file]);
      await exportsUntilDropped(url);
      assert.equal(await (await fetch(`${url}/livez`)).text(), "ok");
      const metrics = await (await fetch(`${url}/metrics`)).text();
      assert.match(metrics, /^stream_csv_log_lines_dropped_total [1-9]\d*$/m);
      // The reader comes back: the kept lines come first, then the number of lost ones.
      let text = "";
      const reader = createReadStream(path).on("data", (part) => (text += String(part)));
      while (!/lines are lost/.test(text)) await sleep(20);
      reader.destroy();
      assert.match(text, format === "json" ? /transfer completed/ : / ms completed$/m);
      assert.equal(await exitCodeOf(child), 0);
      closeSync(both);
    },
  );
}
