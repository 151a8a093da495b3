import { setTimeout as sleep } from "node:timers/promises";
import { between, pick } from "../pick.ts";
import { limits } from "../subject/server-command.ts";
import { Client } from "./client.ts";
import { longestSilenceMs, type LoadConnection } from "../load-connection.ts";
import type { Behavior } from "./downloads.ts";

const get = "GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n";

/** Bytes that aren't a request, or have such bytes after one. */
const malformed: readonly string[] = [
  "\r\n\r\n\r\n\r\nnonsense\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  "GET /ping HTTP/1.1\r\nHost: localhost\r\nX-Zero: a\0b\r\n\r\n",
  "GET /ping HTTP/1.1\r\nHost : x\r\n\r\n",
  "GET /ping HTTP/1.1\r\n\r\n",
  "GET /ping HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
  "GET /ping HTTP/9.9\r\nHost: localhost\r\n\r\n",
  `GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  `GET /ping HTTP/1.1\r\nHost: localhost\r\nX-Long: ${"b".repeat(40_000)}\r\n\r\n`,
  `GET /ping HTTP/1.1\r\nHost: localhost\r\n${"X-Many: c\r\n".repeat(500)}\r\n`,
  `GET /exports/orders.csv?delivery=file&rows=100 HTTP/1.1\r\nHost: localhost\r\nRange: bytes=${"0-1,".repeat(3000)}5-6\r\n\r\n`,
  "POST /ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabcdef",
  "POST /ping HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX\r\n",
  "POST /ping HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 5\r\n\r\nhello",
  "GET /ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\nGET /livez HTTP/1.1\r\n\r\n",
  "GET /exports/orders.csv?rows=100000 HTTP/1.0\r\n\r\nwhat comes behind it",
  `${get}garbage behind a good request\r\n\r\n`,
];

/** A client that keeps sending disconnects after this long. */
const floodMs = 4000;
/**
 * The longest time until the server answers bytes that aren't a request, or ends the connection, even if a process
 * hangs.
 */
const answeredWithinMs = limits.headerTimeoutMs + longestSilenceMs;

/** Hostile or broken clients. All are bounded in bytes and time. */
export const hostileClients: Readonly<Record<string, Behavior>> = {
  async malformed(context) {
    const client = new Client(context, "malformed");
    const text = pick(context.random, malformed);
    const connection = await client.connect();
    if (connection === undefined) return;
    connection.write(Buffer.from(text, "latin1"));
    await requireAnswer(client, connection, JSON.stringify(text.slice(0, 200)));
    // Some keep sending while their connection is being closed.
    if (context.random() < 0.5) connection.write("and more\r\n\r\n");
    client.leave(pick(context.random, ["reset", "close"] as const));
  },

  /** Sends a head byte by byte, and never completes it. */
  async slowloris(context) {
    const client = new Client(context, "slowloris");
    const connection = await client.connect();
    if (connection === undefined) return;
    const endsAtMs = performance.now() + limits.headerTimeoutMs + 2000;
    connection.write("GET /exports/orders.csv HTTP/1.1\r\nHost: localhost\r\n");
    while (performance.now() < endsAtMs && !context.over.aborted && !connection.socket.destroyed) {
      connection.write("X");
      await sleep(300);
    }
    await requireAnswer(client, connection, "a head letter by letter");
    client.leave("close");
  },

  /** Sends many requests at once, and reads the answers or not. */
  async flood(context) {
    const client = new Client(context, "flood");
    const connection = await client.connect();
    if (connection === undefined) return;
    const reads = context.random() < 0.6;
    const one = pick(context.random, [
      get,
      "GET /exports/orders.csv?rows=50&delivery=buffered HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ]);
    connection.write(one.repeat(200 + Math.floor(context.random() * 2800)));
    const arrived = reads ? await readFor(connection, floodMs) : 0;
    if (!reads) await sleep(between(context.random, 100, floodMs));
    if (reads && arrived === 0 && !connection.socket.destroyed)
      await requireAnswer(client, connection, "thousands of requests at once");
    else client.count("left");
    client.leave(pick(context.random, ["reset", "close"] as const));
  },

  /** Connects and sends nothing. */
  async silent(context) {
    const client = new Client(context, "silent");
    const connection = await client.connect();
    if (connection === undefined) return;
    if (context.random() < 0.5) await sleep(between(context.random, 0, 3000));
    else await requireAnswer(client, connection, "nothing");
    client.leave("close");
  },
};

/** Reads for some time, or to the end. @returns how many bytes there were */
async function readFor(connection: LoadConnection, forMs: number): Promise<number> {
  const endsAtMs = performance.now() + forMs;
  let bytes = 0;
  while (performance.now() < endsAtMs) {
    const arrival = await connection.next(Math.max(1, endsAtMs - performance.now()));
    if (typeof arrival === "string") break;
    bytes += arrival.length;
  }
  return bytes;
}

/** Any bytes count as an answer, and so does an end. */
async function requireAnswer(client: Client, connection: LoadConnection, sent: string): Promise<void> {
  const arrival = await connection.next(answeredWithinMs);
  if (typeof arrival === "string") client.count(arrival);
  else client.count(/^HTTP\/1\.1 (\d+)/.exec(arrival.toString("latin1", 0, 20))?.[1] ?? "something else");
  if (arrival !== "silence") return;
  client.context.record.finding(
    "a client hangs",
    `${client.context.way}, ${answeredWithinMs / 1000} s after it had sent: ${sent}`,
  );
}
