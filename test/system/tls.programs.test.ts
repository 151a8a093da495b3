import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, test } from "node:test";
import type { RunningServer, ServerOptions } from "../../src/server.ts";
import { startServer } from "../../src/server.ts";
import type { ServerStats } from "../../src/server/metrics/server-stats.ts";
import type { TransferRecord } from "../../src/server/protocol/messages.ts";
import { rawRequest, connectTo } from "../harness/raw.ts";
import { exitCodeOfCut } from "../harness/cut-curl.ts";
import { certificate, connectTls, makeIdentity, readToEnd, type TlsIdentity } from "../harness/tls.ts";
import { curl } from "../response/serving.ts";

let identity: TlsIdentity;
let server: RunningServer;
before(async () => {
  identity = await makeIdentity();
  server = await start();
});
after(async () => {
  server.kill();
  await server.stopped;
  await identity[Symbol.asyncDispose]();
});

async function start(settings: ServerOptions = {}): Promise<RunningServer> {
  const { certFile, keyFile } = identity;
  return await startServer({
    port: 0,
    log: { level: "silent" },
    tls: { certFile, keyFile },
    http: { headTimeoutMs: 1000 },
    ...settings,
  });
}

async function ask(url: string, cert = identity.cert): Promise<{ status: number | undefined; body: string }> {
  const request = get(url, { ca: cert, agent: false });
  const [response] = (await once(request, "response")) as [
    AsyncIterable<Buffer> & { readonly statusCode?: number },
  ];
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part);
  return { status: response.statusCode, body: Buffer.concat(parts).toString() };
}

async function stats(url = server.url): Promise<ServerStats> {
  return JSON.parse((await ask(`${url}/stats`)).body) as ServerStats;
}

async function transfer(id: string, isSo: (record: TransferRecord) => boolean): Promise<TransferRecord> {
  for (;;) {
    const record = JSON.parse((await ask(`${server.url}/transfers/${id}`)).body) as TransferRecord;
    if (isSo(record)) return record;
    await sleep(20);
  }
}

const hasEnded = ({ state }: TransferRecord): boolean => state !== "running";

const long = "/exports/orders.csv?rows=9000000";

/** Asks for a long export by TLS, and reads its head and first bytes. */
async function begin(url = server.url) {
  const socket = await connectTls(url, identity.cert);
  socket.write(`GET ${long} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  const [first] = (await once(socket, "data")) as [Buffer];
  socket.pause();
  const id = /^X-Transfer-Id: (\S+)/im.exec(first.toString("latin1"))?.[1] ?? "";
  return { socket, id };
}

test("a client that leaves before the end of its handshake is forgotten at once", async () => {
  const http = { headTimeoutMs: 60_000 };
  const own = await start({ workerModel: "sync", queueTimeoutMs: 10_000, http });
  try {
    // A balancer that looks whether the port is open, and the beginning of a ClientHello.
    for (const bytes of [Buffer.alloc(0), Buffer.from([0x16, 3, 1, 2])]) {
      const client = connect(Number(new URL(own.url).port), "127.0.0.1");
      await once(client, "connect");
      client.end(bytes).resume();
      assert.deepEqual(await ask(`${own.url}/ping`), { status: 200, body: "pong" });
    }
  } finally {
    own.kill();
    await own.stopped;
  }
});

for (const workerModel of ["async", "sync"] as const)
  test(`gives the same bytes by TLS as without, by ${workerModel} workers`, async () => {
    const own = await start({ workers: 2, workerModel });
    const plain = await startServer({ port: 0, log: { level: "silent" } });
    try {
      assert.match(own.url, /^https:\/\/127\.0\.0\.1:\d+$/);
      const path = "/exports/orders.csv?rows=20000";
      const expected = await (await fetch(plain.url + path)).text();
      for (const delivery of ["streaming", "buffered", "file"]) {
        const { status, body } = await ask(`${own.url}${path}&delivery=${delivery}`);
        assert.equal(status, 200);
        assert.equal(digest(body), digest(expected), delivery);
      }
      const zipped = await curl("--compressed", "--cacert", identity.certFile, own.url + path);
      assert.equal(digest(zipped.output), digest(expected));
    } finally {
      for (const each of [own, plain]) {
        each.kill();
        await each.stopped;
      }
    }
  });

function digest(text: string | Buffer): string {
  return createHash("sha256").update(text).digest("hex");
}

test("chunks that are lent to the socket arrive unchanged at a slow reader", async () => {
  const path = "/exports/wide.csv?rows=4000";
  const { output, exitCode } = await curl(
    "--limit-rate",
    "6M",
    "--cacert",
    identity.certFile,
    "-H",
    "Accept-Encoding: identity",
    server.url + path,
  );
  assert.equal(exitCode, 0);
  assert.equal(digest(output), digest((await ask(`${server.url}${path}&delivery=file`)).body));
});

test("curl gets an answer by HTTP/1.0, and by HTTP/1.1 where it would rather speak HTTP/2", async () => {
  for (const version of ["--http1.0", "--http1.1", "--http2"]) {
    const { exitCode, output } = await curl(version, "--cacert", identity.certFile, `${server.url}/ping`);
    assert.deepEqual([exitCode, String(output)], [0, "pong"], version);
  }
});

test("a cancelled chunked body has no last chunk", async () => {
  const { socket, id } = await begin();
  const { port } = new URL(server.url);
  const cancel = await curl(
    "-X",
    "DELETE",
    "--cacert",
    identity.certFile,
    `https://localhost:${port}/transfers/${id}`,
  );
  assert.equal(cancel.exitCode, 0);
  const { text } = await readToEnd(socket.resume());
  assert.doesNotMatch(text, /\r\n0\r\n\r\n$/);
  assert.equal((await transfer(id, hasEnded)).state, "cancelled");
});

test("a cancelled body that its end would delimit is reset, not ended", async () => {
  const args = ["--http1.0", "--include", "--cacert", identity.certFile, server.url + long];
  const cancel = (header: string): unknown => {
    const id = header.slice("X-Transfer-Id: ".length);
    return curl("-X", "DELETE", "--cacert", identity.certFile, `${server.url}/transfers/${id}`);
  };
  assert.equal(await exitCodeOfCut(args, cancel, /X-Transfer-Id: \S+(?=\r\n)/i), 56);
});

test("a body that its end would delimit is reset when its worker is killed", async () => {
  const own = await start();
  const [worker] = (await stats(own.url)).workers;
  const args = ["--http1.0", "--cacert", identity.certFile, own.url + long];
  assert.equal(await exitCodeOfCut(args, () => process.kill(worker?.pid ?? 0, "SIGKILL")), 56);
  own.kill();
  await own.stopped;
});

test("a client that doesn't read holds the rows up, and its transfer ends with its connection", async () => {
  const { socket, id } = await begin();
  let [earlier, now] = [-1, 0];
  while (earlier !== now) {
    await sleep(300);
    earlier = now;
    now = (await transfer(id, () => true)).bytes;
  }
  assert.ok(now < 64 * 1024 ** 2, `${now} bytes`);
  socket.destroy();
  assert.equal((await transfer(id, hasEnded)).state, "client-gone");
});

test("a client that shuts down its own side after asking is answered", async () => {
  const socket = await connectTls(server.url, identity.cert, { allowHalfOpen: true } as object);
  socket.end(
    "GET /exports/orders.csv?rows=20000&delivery=buffered HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
  );
  const { text } = await readToEnd(socket);
  assert.match(text, /^(?:HTTP\/1\.1 102[^]*?\r\n\r\n)*HTTP\/1\.1 200 /);
  assert.ok(text.length > 2_000_000);
});

test("plain HTTP, and no TLS at all, is closed, and nothing of it is left", async () => {
  const [worker] = (await stats()).workers;
  const descriptors = (): number => readdirSync(`/proc/${worker?.pid}/fd`).length;
  const usual = descriptors();
  const plain = server.url.replace("https:", "http:");
  for (const text of [
    "GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "\x16\x03\x01\x00\x05hello",
    "SSH-2.0-x\r\n",
  ]) {
    const { status, body } = await rawRequest(plain, text);
    assert.equal(status, 0);
    assert.doesNotMatch(body, /pong/);
  }
  assert.equal((await ask(`${server.url}/ping`)).body, "pong");
  while (descriptors() > usual) await sleep(50);
  while ((await stats()).connections.open > 1) await sleep(50);
});

test("a handshake that takes too long is closed", async () => {
  const silent = connectTo(server.url).on("error", () => undefined);
  const half = connectTo(server.url).on("error", () => undefined);
  half.write(Buffer.from("16030100c8010000c40303", "hex"));
  for (const socket of [silent, half]) {
    socket.resume();
    if (!socket.readableEnded && !socket.destroyed)
      await new Promise((resolve) => void socket.once("end", resolve).once("close", resolve));
    socket.destroy();
  }
  assert.equal((await ask(`${server.url}/ping`)).body, "pong");
});

test("an attempt to negotiate anew is refused, and harms nobody else", async () => {
  const socket = await connectTls(server.url, identity.cert, { maxVersion: "TLSv1.2" });
  const ended = readToEnd(socket);
  const error = await new Promise<Error | null>((resolve) => {
    socket.once("error", resolve);
    socket.once("close", () => resolve(null));
    socket.renegotiate({}, resolve);
  });
  assert.ok(error instanceof Error);
  socket.destroy();
  await ended;
  assert.equal((await ask(`${server.url}/ping`)).body, "pong");
});

for (const version of ["TLSv1", "TLSv1.1"] as const)
  test(`${version} is refused`, async () => {
    const options = { minVersion: version, maxVersion: version, ciphers: "DEFAULT@SECLEVEL=0" };
    await assert.rejects(connectTls(server.url, identity.cert, options));
  });

test("a connection over the limit is refused by a 503 through TLS", async () => {
  const own = await start({ maxConnections: 1 });
  const holder = await connectTls(own.url, identity.cert);
  const { status, body } = await ask(`${own.url}/ping`);
  assert.equal(status, 503);
  assert.match(body, /SCSV_BUSY/);
  holder.destroy();
  own.kill();
  await own.stopped;
});

test("certificates are read again when they change, and stay while only one file has changed", async () => {
  const own = await start({ workers: 2 });
  const earlier = identity.cert;
  const other = await certificate();
  const key = await readFile(identity.keyFile, "utf8");
  const isServedWith = (cert: string): Promise<boolean> =>
    ask(`${own.url}/ping`, cert).then(
      () => true,
      () => false,
    );
  const running = await begin(own.url);
  await writeFile(identity.certFile, other.cert);
  await sleep(2500);
  assert.ok(await isServedWith(earlier));
  await writeFile(identity.keyFile, other.key);
  // Both workers.
  for (let served = 0; served < 4; served = (await isServedWith(other.cert)) ? served + 1 : 0);
  assert.ok(!(await isServedWith(earlier)));
  assert.equal(running.socket.destroyed, false);
  running.socket.destroy();
  await writeFile(identity.certFile, earlier);
  await writeFile(identity.keyFile, key);
  own.kill();
  await own.stopped;
});

test("files that can't be used keep the server from starting", async () => {
  const { certFile, keyFile } = identity;
  for (const tls of [
    { certFile: "/nowhere/cert.pem", keyFile },
    { certFile: keyFile, keyFile },
    { certFile, keyFile: certFile },
  ])
    await assert.rejects(start({ tls }), { code: "SCSV_TLS_UNUSABLE" });
});
