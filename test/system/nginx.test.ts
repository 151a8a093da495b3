import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { transferWhen } from "../harness/ask.ts";
import { startServe, type ServeProcess } from "../harness/cli.ts";
import { nginxExample, noNginx, startNginx, type Nginx } from "../harness/nginx.ts";

const skip = noNginx;
const root = new URL("../../../", import.meta.url);
/** Larger than all that nginx and the kernel's sockets hold between a server and a client that doesn't read. */
const large = 900_000;

let folder: string;
let server: ServeProcess;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
  // The last row fails by formulas=reject, long after the head has left.
  const rows = Array.from({ length: 60_000 }, (_, row) => `${row},"a text of some length, number ${row}"\n`);
  await writeFile(join(folder, "faulty.csv"), `id,note\n${rows.join("")}60000,=1+1\n`);
  server = await startServe([join(folder, "faulty.csv"), "--generated"]);
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function open(
  { socketPath }: Nginx,
  path: string,
  headers: Record<string, string> = {},
): Promise<IncomingMessage> {
  const req = request({ socketPath, path, headers: { Host: "localhost", ...headers }, agent: false }).end();
  const [response] = (await once(req, "response")) as [IncomingMessage];
  return response;
}

interface Read {
  readonly body: Buffer;
  /** Whether the client considers the body complete. */
  readonly isWhole: boolean;
}

async function read(response: IncomingMessage): Promise<Read> {
  const chunks: Buffer[] = [];
  response.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", () => undefined);
  await new Promise<void>((resolve) => response.once("close", () => resolve()));
  return { body: Buffer.concat(chunks), isWhole: response.complete };
}

const ways: readonly (readonly [name: string, replacements: Readonly<Record<string, string>>])[] = [
  ["the example of the documentation", {}],
  ["no buffering at all", { "proxy_buffering on;": "proxy_buffering off;" }],
  ["HTTP/1.0 to the server", { "proxy_http_version 1.1;": "proxy_http_version 1.0;" }],
  ["nginx's own buffering of streams", { "proxy_buffering on;": "proxy_ignore_headers X-Accel-Buffering;" }],
  [
    "nginx's own compression",
    {
      "gzip off;": "gzip on; gzip_types text/csv; gzip_proxied any;",
      "proxy_set_header Host $host;": 'proxy_set_header Host $host; proxy_set_header Accept-Encoding "";',
    },
  ],
];

for (const [name, replacements] of ways) {
  for (const coding of ["identity", "gzip"]) {
    test(
      `${name}, ${coding}: passes complete exports on, and a failed one never as complete`,
      { skip },
      async () => {
        await using nginx = await startNginx(server.url, replacements);
        const asked = { "Accept-Encoding": coding };
        for (const delivery of ["streaming", "buffered", "file"]) {
          const response = await open(nginx, `/exports/orders.csv?rows=5000&delivery=${delivery}`, asked);
          const { body, isWhole } = await read(response);
          assert.equal(isWhole, true);
          const text = response.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
          const { sha256, state } = await transferWhen(server, response.headers["x-transfer-id"]);
          assert.equal(state, "completed");
          assert.equal(createHash("sha256").update(text).digest("hex"), sha256);
        }
        const failing = await open(nginx, "/exports/faulty.csv?formulas=reject", asked);
        assert.equal(failing.statusCode, 200);
        const { body, isWhole } = await read(failing);
        assert.ok(body.length > 0);
        assert.equal(isWhole, false);
        const { state, error } = await transferWhen(server, failing.headers["x-transfer-id"]);
        assert.equal(state, "failed");
        assert.equal(error?.code, "SCSV_FORMULA");
      },
    );
  }

  test(`${name}: a client that leaves ends its transfer`, { skip }, async () => {
    await using nginx = await startNginx(server.url, replacements);
    const response = await open(nginx, "/exports/orders.csv?rows=90000000");
    await once(response, "data");
    response.destroy();
    const id = response.headers["x-transfer-id"];
    const { state } = await transferWhen(server, id);
    assert.equal(state, "client-gone");
  });
}

test(
  "a client that reads nothing holds a stream back through nginx, as X-Accel-Buffering says",
  { skip },
  async () => {
    await using nginx = await startNginx(server.url);
    const response = await open(nginx, `/exports/orders.csv?rows=${large}`);
    const id = response.headers["x-transfer-id"];
    let last = -1;
    let unchanged = 0;
    const { state, rows } = await transferWhen(server, id, (transfer) => {
      unchanged = transfer.rows === last && last > 0 ? unchanged + 1 : 0;
      last = transfer.rows;
      return unchanged === 25;
    });
    assert.equal(state, "running");
    assert.ok(rows < large, `${rows} rows were taken`);
    const { body, isWhole } = await read(response);
    assert.equal(isWhole, true);
    const transfer = await transferWhen(server, id);
    assert.equal(createHash("sha256").update(body).digest("hex"), transfer.sha256);
  },
);

test(
  "nginx buffers a whole stream on disk when it is configured to ignore that header",
  { skip },
  async () => {
    await using nginx = await startNginx(server.url, {
      "proxy_buffering on;": "proxy_ignore_headers X-Accel-Buffering;",
      "proxy_max_temp_file_size 0;": "",
    });
    const response = await open(nginx, `/exports/orders.csv?rows=${large}`);
    const id = response.headers["x-transfer-id"];
    const { state } = await transferWhen(server, id);
    assert.equal(state, "completed");
    response.destroy();
  },
);

test("passes ranges, conditions, problems and ids through nginx", { skip }, async () => {
  await using nginx = await startNginx(server.url);
  const path = "/exports/orders.csv?rows=100&delivery=file";
  const whole = await open(nginx, path);
  const { body } = await read(whole);
  const part = await open(nginx, path, { Range: "bytes=3-12" });
  assert.equal(part.statusCode, 206);
  assert.deepEqual((await read(part)).body, body.subarray(3, 13));
  const known = await open(nginx, path, { "If-None-Match": whole.headers.etag ?? "" });
  assert.equal(known.statusCode, 304);
  known.resume();
  const refused = await open(nginx, "/exports/orders.csv?rows=x");
  assert.equal(refused.statusCode, 400);
  assert.equal(refused.headers["content-type"], "application/problem+json");
  assert.match(refused.headers["x-request-id"] as string, /^[0-9a-f]{32}$/);
  refused.resume();
});

test("the documentation shows the very file that is tested", async () => {
  const text = await readFile(new URL("docs/guides/deploy.md", root), "utf8");
  const example = await readFile(nginxExample, "utf8");
  assert.ok(text.includes(`\`\`\`nginx\n${example}\`\`\`\n`));
});
