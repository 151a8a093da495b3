import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { type AnyResponse, send, type SendOptions, type SendOutcome } from "../../src/index.ts";

/** A server on loopback that sends the responses of `make`, for one test. */
export interface Served {
  readonly server: Server;
  readonly port: number;
  readonly url: string;
  /** The outcomes so far, in the order in which they came. */
  readonly outcomes: readonly SendOutcome[];
  /** Waits for the outcome of the n-th transfer, counted from 0. */
  outcome(index?: number): Promise<SendOutcome>;
}

export async function serve(
  t: TestContext,
  make: (req: IncomingMessage) => AnyResponse | Promise<AnyResponse>,
  options: SendOptions = {},
): Promise<Served> {
  const outcomes: SendOutcome[] = [];
  const server = createServer((req, res) => {
    void (async () => {
      outcomes.push(await send(await make(req), req, res, options));
      server.emit("outcome");
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const port = portOf(server);
  return {
    server,
    port,
    url: `http://127.0.0.1:${port}`,
    outcomes,
    async outcome(index = 0) {
      while (outcomes[index] === undefined) await once(server, "outcome");
      return outcomes[index];
    },
  };
}

export function portOf(server: { address(): string | AddressInfo | null }): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server doesn't listen on a port");
  return address.port;
}

/** The bytes that curl got, and whether it considered them complete. */
export interface CurlResult {
  readonly exitCode: number;
  readonly output: Buffer;
}

export function curl(...parameters: readonly string[]): Promise<CurlResult> {
  return new Promise((resolve) => {
    execFile(
      "curl",
      ["--silent", "--max-time", "20", ...parameters],
      { encoding: "buffer", maxBuffer: 1 << 30 },
      (error, output) => resolve({ exitCode: error === null ? 0 : Number(error.code), output }),
    );
  });
}

/** Opens a plain connection and sends a request; the caller reads the answer. */
export async function ask(t: TestContext, port: number, ...lines: readonly string[]): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1" });
  t.after(() => socket.destroy());
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(`${lines.join("\r\n")}\r\nHost: localhost\r\n\r\n`);
  return socket;
}

/** Reads a connection until it ends. */
export async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(socket, "close");
  return Buffer.concat(chunks).toString("latin1");
}

/** Collects the body of a response as text. */
export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

/** Waits until a condition holds, checked in each turn of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => void setTimeout(resolve, 1));
}
