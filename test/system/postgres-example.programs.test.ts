import assert from "node:assert/strict";
import { chmod, cp, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { startProgram } from "../harness/cli.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const skip = existsSync("/usr/lib/postgresql")
  ? false
  : "PostgreSQL isn't installed: apt-get install postgresql";

test("the example of PostgreSQL serves its exports, and leaves nothing behind", { skip }, async () => {
  const place = await mkdtemp(join(tmpdir(), "stream-csv-place-"));
  const folder = join(place, "example");
  // Its own, since other tests run the example too; PostgreSQL's user has to get there.
  const temporary = join(place, "tmp");
  await mkdir(temporary);
  await chmod(place, 0o755);
  await chmod(temporary, 0o777);
  await cp(join(root, "examples/postgres"), folder, { recursive: true });
  await mkdir(join(folder, "node_modules"));
  await symlink(root, join(folder, "node_modules/stream-csv"), "junction");
  const env = { PORT: "0", ROWS: "3000", TMPDIR: temporary };
  const program = startProgram(["start.mjs"], { cwd: folder, env });
  let output = "";
  program.process.stdout.on("data", (text: string) => (output += text));
  try {
    while (!output.includes("revenue.csv")) {
      assert.equal(program.process.exitCode, null, program.stderr());
      await sleep(50);
    }
    const urls = [...output.matchAll(/(http:[^'\s]+\.csv[^'\s]*)/g)].map(([, url = ""]) => url);
    assert.equal(urls.length, 3);
    const texts = await Promise.all(urls.map(async (url) => await (await fetch(url)).text()));
    assert.equal(texts[0]?.split("\r\n").length, 3002);
    assert.equal(
      texts[1],
      'id,ordered_on,total,status,note\r\n7,2024-01-08,0.07,paid,"Smith, no. 7"\r\n2007,2024-01-08,20.07,open,"Smith, no. 2007"\r\n',
    );
    assert.match(texts[2] ?? "", /^\uFEFF?month,status,orders,total\r\n2024-01-01,open,/);
  } finally {
    program.process.kill("SIGINT");
    const { exitCode } = await program.ended;
    assert.equal(exitCode, 0);
    assert.deepEqual(await readdir(temporary), []);
    await rm(place, { recursive: true });
  }
});
