import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startServe, type ServeProcess } from "../harness/cli.ts";

let folder: string;
let server: ServeProcess;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stream-csv-parts-"));
  // `changing` has other rows each time, which `kept` shares for an hour; those of `equal` are the same.
  await writeFile(
    join(folder, "stream-csv.config.mjs"),
    `const rows = () => Array.from({ length: 100 }, () => [Math.random()]);
    export default { exports: {
      changing: { columns: ["n"], rows },
      kept: { columns: ["n"], rows, freshness: "1h" },
      equal: { columns: ["n"], rows: () => Array.from({ length: 100 }, (_, n) => [n]) },
    } };`,
  );
  server = await startServe([], { cwd: folder });
});

after(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function get(name: string, headers: Record<string, string> = {}, method = "GET") {
  const answer = await fetch(`${server.url}/exports/${name}.csv?delivery=file`, { method, headers });
  const { status } = answer;
  return { status, text: await answer.text(), tag: answer.headers.get("etag") ?? "", head: answer.headers };
}

test("rows that are read anew for each request are sent whole to a client that asks for a part", async () => {
  const part = await get("changing", { Range: "bytes=5-9" });
  assert.equal(part.status, 200);
  assert.equal(part.head.get("accept-ranges"), "none");
  assert.equal(part.text.split("\r\n").length, 102);
  assert.equal((await get("changing", { Range: "bytes=9999999-" })).status, 200);
  assert.equal((await get("changing", {}, "HEAD")).head.get("accept-ranges"), "none");
});

test("a client that names the text it has gets a part of the same text, and no other", async () => {
  const { tag, text } = await get("equal");
  for (const name of ["If-Range", "If-Match"]) {
    const part = await get("equal", { Range: "bytes=5-9", [name]: tag });
    assert.deepEqual([part.status, part.text], [206, text.slice(5, 10)], name);
  }
  const earlier = await get("changing");
  assert.equal((await get("changing", { Range: "bytes=5-9", "If-Range": earlier.tag })).status, 200);
  assert.equal((await get("changing", { Range: "bytes=5-9", "If-Match": earlier.tag })).status, 412);
});

test("rows that share a file for a time have parts", async () => {
  const { text, head } = await get("kept");
  assert.equal(head.get("accept-ranges"), "bytes");
  const part = await get("kept", { Range: "bytes=5-9" });
  assert.deepEqual([part.status, part.text], [206, text.slice(5, 10)]);
});
