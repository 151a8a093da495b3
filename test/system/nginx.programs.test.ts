import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { bearer, startGuarded, token } from "../harness/access-server.ts";
import { transferWhen } from "../harness/ask.ts";
import type { ServeProcess } from "../harness/cli.ts";
import { nginxExample, noNginx, startNginx } from "../harness/nginx.ts";
import { ask, readBody, serveFaultyExport } from "../harness/proxy.ts";

const skip = noNginx;
const root = new URL("../../../", import.meta.url);
/** Larger than all that nginx and the kernel's sockets hold between a server and a client that doesn't read. */
const large = 900_000;

let server: ServeProcess;
before(async () => {
  server = await serveFaultyExport();
});
after(() => server[Symbol.asyncDispose]());

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
        const asked = { headers: { "Accept-Encoding": coding } };
        for (const delivery of ["streaming", "buffered", "file"]) {
          const response = await ask(nginx, `/exports/orders.csv?rows=5000&delivery=${delivery}`, asked);
          const { body, isWhole } = await readBody(response);
          assert.equal(isWhole, true);
          const text = response.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
          const { sha256, state } = await transferWhen(server, response.headers["x-transfer-id"]);
          assert.equal(state, "completed");
          assert.equal(createHash("sha256").update(text).digest("hex"), sha256);
        }
        const failing = await ask(nginx, "/exports/faulty.csv?formulas=reject", asked);
        assert.equal(failing.statusCode, 200);
        const { body, isWhole } = await readBody(failing);
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
    const response = await ask(nginx, "/exports/orders.csv?rows=90000000");
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
    const response = await ask(nginx, `/exports/orders.csv?rows=${large}`);
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
    const { body, isWhole } = await readBody(response);
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
    const response = await ask(nginx, `/exports/orders.csv?rows=${large}`);
    const id = response.headers["x-transfer-id"];
    const { state } = await transferWhen(server, id);
    assert.equal(state, "completed");
    response.destroy();
  },
);

test("passes ranges, conditions, problems and ids through nginx", { skip }, async () => {
  await using nginx = await startNginx(server.url);
  const path = "/exports/orders.csv?rows=100&delivery=file";
  const whole = await ask(nginx, path);
  const { body } = await readBody(whole);
  const part = await ask(nginx, path, { headers: { Range: "bytes=3-12" } });
  assert.equal(part.statusCode, 206);
  assert.deepEqual((await readBody(part)).body, body.subarray(3, 13));
  const known = await ask(nginx, path, { headers: { "If-None-Match": whole.headers.etag ?? "" } });
  assert.equal(known.statusCode, 304);
  known.resume();
  const refused = await ask(nginx, "/exports/orders.csv?rows=x");
  assert.equal(refused.statusCode, 400);
  assert.equal(refused.headers["content-type"], "application/problem+json");
  assert.match(refused.headers["x-request-id"] as string, /^[0-9a-f]{32}$/);
  refused.resume();
});

test("a cache of nginx gives what one token may have to no other request", { skip }, async () => {
  const tokens = [token("all"), token("less", { exports: ["numbers"] })];
  await using guarded = await startGuarded(tokens, { http: { cacheControl: "public, max-age=60" } });
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-nginx-cache-"));
  await using nginx = await startNginx(guarded.url, {
    "upstream stream_csv {": `proxy_cache_path ${folder} keys_zone=exports:1m;\nupstream stream_csv {`,
    "gzip off;": "gzip off; proxy_cache exports; add_header X-Cache $upstream_cache_status;",
  });
  const asked = async (headers: Readonly<Record<string, string>>): Promise<readonly unknown[]> => {
    const response = await ask(nginx, "/exports/orders.csv?rows=5&delivery=file", { headers });
    await readBody(response);
    return [response.statusCode, response.headers["x-cache"]];
  };
  assert.deepEqual(await asked(bearer("all").headers), [200, "MISS"]);
  assert.deepEqual(await asked(bearer("all").headers), [200, "HIT"]);
  assert.equal((await asked(bearer("less").headers))[0], 404);
  assert.equal((await asked({}))[0], 401);
  await rm(folder, { recursive: true, force: true });
});

test("the documentation shows the very file that is tested", async () => {
  const text = await readFile(new URL("docs/guides/deploy.md", root), "utf8");
  const example = await readFile(nginxExample, "utf8");
  assert.ok(text.includes(`\`\`\`nginx\n${example}\`\`\`\n`));
});
