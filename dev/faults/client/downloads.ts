import { setTimeout as sleep } from "node:timers/promises";
import { between, pick } from "../pick.ts";
import { Client, outcomeOf, type ClientContext } from "./client.ts";
import { randomRequest, requestText, type DownloadRequest } from "./download-request.ts";
import { readAnswer } from "./read-answer.ts";

/**
 * The behaviour of a client from its first connection to its last. It never rejects, and resolves within its
 * time-outs.
 */
export type Behavior = (context: ClientContext) => Promise<void>;

/** A reader disconnects after this long. */
const mostReadingMs = 20_000;

/** Clients that download exports, each in its way. */
export const downloads: Readonly<Record<string, Behavior>> = {
  /** Several downloads one after the other, over one connection where it is kept. */
  async plain(context) {
    const client = new Client(context, "plain");
    const times = 1 + Math.floor(context.random() * 4);
    for (let time = 0; time < times && !context.over.aborted; time += 1)
      await client.ask(requestFor(context));
    client.leave("close");
  },

  async slow(context) {
    const client = new Client(context, "slow");
    const bytesPerSecond = between(context.random, 300_000, 4_000_000);
    const startedAtMs = performance.now();
    await client.ask(largeRequest(context), {
      async onBody(bytes) {
        await rest(context, (bytes / bytesPerSecond) * 1000);
        return performance.now() - startedAtMs < mostReadingMs;
      },
    });
    client.leave("close");
  },

  /** Stops reading for some seconds in the middle of a body. */
  async pausing(context) {
    const client = new Client(context, "pausing");
    let left = between(context.random, 0, 8_000_000);
    const pauseMs = between(context.random, 1000, 8000);
    await client.ask(largeRequest(context), {
      async onBody(bytes) {
        const before = left;
        left -= bytes;
        if (before > 0 && left <= 0) await rest(context, pauseMs);
        return true;
      },
    });
    client.leave("close");
  },

  /** Disconnects before the head, within it or after some bytes, with or without a reset. */
  async aborting(context) {
    const client = new Client(context, "aborting");
    const how = pick(context.random, ["reset", "close"] as const);
    const request = requestFor(context);
    const connection = await client.connect();
    connection?.write(requestText(request, context.files));
    if (context.random() < 0.4) {
      await rest(context, between(context.random, 0, 300));
      client.count("left before an answer");
    } else {
      let left = between(context.random, 0, 5_000_000);
      await client.readExport(request, { onBody: (bytes) => Promise.resolve((left -= bytes) > 0) });
    }
    client.leave(how);
  },

  /** Half-closes the connection after its request, and continues to read. */
  async "half-closing"(context) {
    const client = new Client(context, "half-closing");
    const connection = await client.connect();
    // It couldn't distinguish a cut from an end of a body without framing; see ClientConnection.
    const request = { ...requestFor(context), httpVersion: "1.1", isKept: false } as const;
    connection?.write(requestText(request, context.files));
    connection?.finish();
    await client.readExport(request);
    client.leave("close");
  },

  /** Sends several requests at once and reads the answers in order. */
  async pipelined(context) {
    const client = new Client(context, "pipelined");
    const connection = await client.connect();
    const count = 2 + Math.floor(context.random() * 7);
    const requests = Array.from({ length: count }, () => ({
      ...requestFor(context),
      httpVersion: "1.1" as const,
      isKept: true,
    }));
    connection?.write(requests.map((request) => requestText(request, context.files)).join(""));
    for (const request of requests) {
      const answer = await client.readExport(request);
      if (answer?.ending !== "complete") break;
    }
    client.leave("close");
  },

  /** Requests a prepared file that doesn't exist yet. */
  async "file-making"(context) {
    const client = new Client(context, "file-making");
    const rows = pick(context.random, [5000, 60_000]);
    const seed = 1000 + Math.floor(context.random() * 40);
    await client.ask({
      ...requestFor(context),
      asked: { generated: "orders", rows, seed },
      delivery: "file",
      dialect: "rfc4180",
      acceptsGzip: false,
      range: undefined,
    });
    client.leave("close");
  },

  /** Requests the server's service paths. */
  async service(context) {
    const client = new Client(context, "service");
    const path = pick(context.random, [
      "/ping",
      "/livez",
      "/readyz",
      "/exports",
      "/transfers",
      "/stats",
      "/metrics",
      "/",
    ]);
    const connection = await client.connect();
    if (connection === undefined) return;
    const asked = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`;
    connection.write(asked);
    const answer = await readAnswer(connection, { method: "GET", keptBytes: 4 * 1024 ** 2 });
    client.count(outcomeOf(answer));
    if (answer.ending === "hang") client.fault("a client hangs", asked, answer, "nothing came any more");
    if (answer.ending === "complete" && ![200, 408, 500, 502, 503, 504].includes(answer.status))
      client.fault(`${path} is answered with ${answer.status}`, asked, answer, "");
    client.leave("close");
  },

  /** Cancels a transfer that runs. */
  async cancelling(context) {
    const client = new Client(context, "cancelling");
    const list = await askText(client, "GET", "/transfers");
    const ids = [...(list ?? "").matchAll(/"id":"([0-9a-f-]{36})"/g)].map(([, id]) => id);
    if (ids.length > 0) await askText(client, "DELETE", `/transfers/${pick(context.random, ids.slice(-10))}`);
    client.leave("close");
  },
};

async function askText(client: Client, method: string, path: string): Promise<string | undefined> {
  const connection = await client.connect();
  if (connection === undefined) return undefined;
  const asked = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`;
  connection.write(asked);
  const answer = await readAnswer(connection, { method, keptBytes: 4 * 1024 ** 2 });
  client.count(outcomeOf(answer));
  if (answer.ending === "hang") client.fault("a client hangs", asked, answer, "nothing came any more");
  client.leave("close");
  return answer.ending === "complete" ? answer.content?.toString() : undefined;
}

function requestFor(context: ClientContext): DownloadRequest {
  // Behind a proxy an HTTP/1.0 client can't distinguish a cut from an end, whatever the server does.
  return randomRequest(context.random, context.way !== "direct");
}

/** A download larger than the kernel's buffers, so that the server notices a slow reader. */
function largeRequest(context: ClientContext): DownloadRequest {
  const request = requestFor(context);
  const isFile = context.random() < 0.5 && "file" in request.asked;
  return {
    ...request,
    method: "GET",
    asked:
      isFile && "file" in request.asked
        ? { ...request.asked, rows: undefined }
        : { generated: "orders", rows: 200_000, seed: 1 },
    delivery: isFile ? request.delivery : "streaming",
    acceptsGzip: false,
    range: undefined,
  };
}

/** Waits, but at most until the load ends. */
async function rest({ over }: ClientContext, ms: number): Promise<void> {
  if (ms >= 1 && !over.aborted) await sleep(ms, undefined, { signal: over }).catch(() => undefined);
}
