import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { type AnyResponse, send, type SendOutcome } from "../../../src/index.ts";
import { portOf } from "../serving.ts";

/** What a case asks for; a plain GET of HTTP/1.1 where nothing is said. */
export interface Asked {
  readonly method?: string;
  /** A header may come in several lines. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly version?: "1.0" | "1.1";
}

/** What came over the socket, its framing checked and taken away. */
export interface Answer {
  /** 0 where the connection closed without a byte. */
  readonly status: number;
  readonly reason: string;
  /** Names in lower case; several lines of one name are joined with a comma, but for Set-Cookie. */
  readonly headers: ReadonlyMap<string, string>;
  readonly cookies: readonly string[];
  readonly trailers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** Whether the body was broken off, so that a client notices. */
  readonly isCut: boolean;
}

/** What is expected of an answer; what isn't named may be anything. */
export interface Expected {
  readonly status?: number;
  readonly reason?: string;
  /** By name: the value, a pattern, or null for none. */
  readonly headers?: Readonly<Record<string, string | RegExp | null>>;
  readonly cookies?: readonly string[];
  readonly body?: string | RegExp;
  /** The body after its content coding is taken away. */
  readonly decoded?: string;
  /** By name; exactly these. */
  readonly trailers?: Readonly<Record<string, string>>;
  /** Whether the client notices that the body isn't whole. @default false */
  readonly isCut?: boolean;
  readonly outcome?: SendOutcome["state"];
}

/** One behaviour: its name, what is served, what is asked, what must come. */
export type Case = readonly [
  behavior: string,
  make: (asked: {
    readonly method: string;
    readonly headers: Record<string, string | string[] | undefined>;
  }) => AnyResponse | Promise<AnyResponse>,
  asked: Asked,
  expected: Expected,
];

/** Tests each case over a connection of its own to a server of node:http. */
export function testCases(suite: string, cases: readonly Case[]): void {
  const serving = serveCases((index) => cases[index]?.[1]);
  cases.forEach(([behavior, , asked, expected], index) => {
    test(`${suite}: ${behavior}`, async () => {
      const answer = await exchange(serving.port(), `/${index}`, asked);
      check(answer, expected);
      if (expected.outcome !== undefined)
        assert.equal((await serving.outcome(index)).state, expected.outcome);
    });
  });
}

function check(answer: Answer, expected: Expected): void {
  const { status = 200, reason, headers = {}, cookies, body, decoded, trailers, isCut = false } = expected;
  assert.equal(answer.status, status);
  if (reason !== undefined) assert.equal(answer.reason, reason);
  for (const [name, value] of Object.entries(headers)) {
    const got = answer.headers.get(name.toLowerCase()) ?? null;
    if (value instanceof RegExp) assert.match(got ?? "", value, name);
    else assert.equal(got, value, name);
  }
  if (cookies !== undefined) assert.deepEqual(answer.cookies, cookies);
  if (decoded !== undefined) assert.equal(decode(answer), decoded);
  if (trailers !== undefined) assert.deepEqual(Object.fromEntries(answer.trailers), trailers);
  assert.equal(answer.isCut, isCut, "whether it is cut");
  if (body instanceof RegExp) assert.match(answer.body.toString(), body);
  else if (body !== undefined) assert.equal(answer.body.toString(), body);
}

function decode({ headers, body }: Answer): string {
  const coding = headers.get("content-encoding") ?? "identity";
  const decoders: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
    gzip: gunzipSync,
    br: brotliDecompressSync,
    identity: (bytes) => bytes,
  };
  return decoders[coding]?.(body).toString() ?? assert.fail(coding);
}

interface Serving {
  readonly port: () => number;
  readonly outcome: (index: number) => Promise<SendOutcome>;
}

function serveCases(find: (index: number) => Case[1] | undefined): Serving {
  const outcomes = new Map<number, SendOutcome>();
  const listener: RequestListener = (req, res) => {
    void (async () => {
      const index = Number(req.url?.slice(1));
      const make = find(index);
      if (make === undefined) throw new Error(`no case ${index}`);
      const { method = "", headers } = req;
      outcomes.set(index, await send(await make({ method, headers }), req, res));
      server.emit("outcome");
    })().catch((error: unknown) => {
      // The case itself is at fault, and its client must not wait for ever.
      res.writeHead(599).end(String(error));
    });
  };
  const server = createServer(listener);
  useServer(server);
  return {
    port: () => portOf(server),
    async outcome(index) {
      for (;;) {
        const outcome = outcomes.get(index);
        if (outcome !== undefined) return outcome;
        await once(server, "outcome");
      }
    },
  };
}

/** Listens before the tests of a file and stops after them. */
export function useServer(server: Server): void {
  before(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });
}

/** Asks over a connection of its own and reads to its end. */
export async function exchange(port: number, path: string, asked: Asked = {}): Promise<Answer> {
  const { method = "GET", headers = {}, version = "1.1" } = asked;
  const lines = Object.entries({ Host: "localhost", Connection: "close", ...headers }).flatMap(
    ([name, value]) => [value].flat().map((each) => `${name}: ${each}\r\n`),
  );
  const text = `${method} ${path} HTTP/${version}\r\n${lines.join("")}\r\n`;
  return parseAnswer(await readRaw(port, text), method === "HEAD");
}

interface Raw {
  readonly bytes: Buffer;
  readonly wasReset: boolean;
}

/** Writes a request and gives everything that comes until the connection closes. */
export async function readRaw(port: number, text: string): Promise<Raw> {
  const socket = connect({ port, host: "127.0.0.1" });
  const chunks: Buffer[] = [];
  let wasReset = false;
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await new Promise<void>((resolve) => {
    socket.on("error", (error: NodeJS.ErrnoException) => (wasReset ||= error.code === "ECONNRESET"));
    socket.once("close", () => resolve());
    socket.write(text, "latin1");
  });
  return { bytes: Buffer.concat(chunks), wasReset };
}

/** Reads one answer as a strict client does: what isn't framed as RFC 9112 has it fails the test. */
export function parseAnswer({ bytes, wasReset }: Raw, isHead: boolean): Answer {
  if (bytes.byteLength === 0) return { ...nothing, body: bytes };
  const headEnd = bytes.indexOf("\r\n\r\n");
  assert.ok(headEnd > 0, `no head: ${JSON.stringify(bytes.toString("latin1", 0, 200))}`);
  const [statusLine = "", ...lines] = bytes.toString("latin1", 0, headEnd).split("\r\n");
  const [, statusText = "", reason = ""] = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/.exec(statusLine) ?? [];
  const status = Number(statusText);
  const { headers, cookies } = parseFields(lines);
  const rest = bytes.subarray(headEnd + 4);
  const length = headers.get("content-length");
  const isChunked = headers.has("transfer-encoding");
  assert.ok(length === undefined || !isChunked, "a length beside chunks");
  assert.ok(length === undefined || /^\d+$/.test(length), `Content-Length: ${length}`);
  assert.ok(status !== 204 || (length === undefined && !isChunked), "framing of a 204");
  const common = { status, reason, headers, cookies, trailers: new Map<string, string>() };
  if (isHead || status === 204 || status === 304) {
    assert.equal(rest.byteLength, 0, "a body where there is none");
    return { ...common, body: rest, isCut: wasReset };
  }
  if (isChunked) return { ...common, ...parseChunks(rest) };
  if (length === undefined) return { ...common, body: rest, isCut: wasReset };
  assert.ok(rest.byteLength <= Number(length), "more bytes than the length");
  return { ...common, body: rest, isCut: rest.byteLength < Number(length) };
}

const nothing: Omit<Answer, "body"> = {
  status: 0,
  reason: "",
  headers: new Map(),
  cookies: [],
  trailers: new Map(),
  isCut: true,
};

function parseFields(lines: readonly string[]): Pick<Answer, "headers" | "cookies"> {
  const headers = new Map<string, string>();
  const cookies: string[] = [];
  for (const line of lines) {
    const [, name = "", value = ""] = /^([^\s:]+): ?(.*)$/.exec(line) ?? assert.fail(`no field: ${line}`);
    const key = name.toLowerCase();
    const earlier = headers.get(key);
    if (key === "set-cookie") cookies.push(value);
    else headers.set(key, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return { headers, cookies };
}

function parseChunks(bytes: Buffer): Pick<Answer, "body" | "trailers" | "isCut"> {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    const size = lineEnd < 0 ? Number.NaN : Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    if (Number.isNaN(size) || lineEnd + 2 + size + 2 > bytes.byteLength)
      return { body: Buffer.concat(parts), trailers: new Map(), isCut: true };
    if (size === 0) {
      const lines = bytes
        .toString("latin1", lineEnd + 2)
        .split("\r\n")
        .filter((line) => line !== "");
      return { body: Buffer.concat(parts), trailers: parseFields(lines).headers, isCut: false };
    }
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
