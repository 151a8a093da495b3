import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { LoadConnection } from "../../../dev/faults/load-connection.ts";
import type { DownloadRequest } from "../../../dev/faults/client/download-request.ts";
import { judgeAnswer, type Fault } from "../../../dev/faults/client/judge-answer.ts";
import { readAnswer } from "../../../dev/faults/client/read-answer.ts";
import type { KnownText } from "../../../dev/faults/subject/known-texts.ts";

const content = Buffer.from("id,text\r\n1,one\r\n2,two\r\n");
const right: KnownText = {
  name: "two rows",
  bytes: content.length,
  rows: 2,
  sha256: createHash("sha256").update(content).digest("hex"),
  content,
};
const text = content.toString();
const half = text.slice(0, 12);
const digest = createHash("sha256").update(content).digest("base64");

const plain: DownloadRequest = {
  method: "GET",
  asked: { generated: "orders", rows: 2, seed: 1 },
  delivery: "streaming",
  dialect: "rfc4180",
  httpVersion: "1.1",
  isKept: false,
  acceptsGzip: false,
  acceptsTrailers: false,
  range: undefined,
};

/** How a client judges the bytes of a server that then ends the connection in some way. */
async function judged(
  bytes: string | Buffer,
  end: (socket: Socket) => void,
  request: Partial<DownloadRequest> = {},
): Promise<Fault | undefined> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined).once("data", () => socket.write(bytes, () => end(socket)));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const connection = await LoadConnection.open({ host: "127.0.0.1", port });
  assert.ok(connection !== undefined);
  try {
    connection.write("GET / HTTP/1.1\r\n\r\n");
    const asked = { ...plain, ...request };
    const answer = await readAnswer(connection, { method: asked.method, silenceMs: 300 });
    return judgeAnswer(asked, answer, [right]);
  } finally {
    connection.leave("close");
    server.close();
  }
}

const ends = (socket: Socket): void => void socket.end();
const resets = (socket: Socket): void => void socket.resetAndDestroy();
const stays = (): void => undefined;

function answered(fields: string, body: string, status = 200): string {
  return `HTTP/1.1 ${status} x\r\n${fields === "" ? "" : `${fields}\r\n`}\r\n${body}`;
}

function chunked(body: string, trailers = ""): string {
  return `${body.length.toString(16)}\r\n${body}\r\n0\r\n${trailers}\r\n`;
}

type Case = readonly [
  what: string,
  bytes: string | Buffer,
  end: (socket: Socket) => void,
  request?: Partial<DownloadRequest>,
];

const withLength = `Content-Length: ${text.length}`;
const slice = text.slice(3, 9);
const gzipped = gzipSync(content);
const codedHead = Buffer.from(
  `HTTP/1.1 200 x\r\nContent-Encoding: gzip\r\nContent-Length: ${gzipped.length}\r\n\r\n`,
);

const good: readonly Case[] = [
  ["a whole text with a length", answered(withLength, text), ends],
  ["a whole text in chunks", answered("Transfer-Encoding: chunked", chunked(text)), ends],
  ["a whole text that the connection's end delimits", answered("", text), ends],
  ["a text whose length promises more", answered(withLength, half), ends],
  ["chunks without the last one", answered("Transfer-Encoding: chunked", `c\r\n${half}\r\n`), ends],
  ["a text that a reset cuts", answered("", half), resets],
  ["no answer but an end", "", ends],
  ["a refusal", answered("Content-Length: 0", "", 503), ends],
  [
    "a range",
    answered(`Content-Length: 6\r\nContent-Range: bytes 3-8/${text.length}`, slice, 206),
    ends,
    { range: [3, 8] },
  ],
  ["a text after an interim answer", `HTTP/1.1 103 x\r\n\r\n${answered(withLength, text)}`, ends],
  ["the head of a HEAD request", answered("", ""), ends, { method: "HEAD" }],
  ["a coded text", Buffer.concat([codedHead, gzipped]), ends, { acceptsGzip: true }],
  ["a right digest", answered(`${withLength}\r\nRepr-Digest: sha-256=:${digest}:`, text), ends],
  [
    "right trailers",
    answered(
      "Transfer-Encoding: chunked",
      chunked(text, `X-Row-Count: 2\r\nRepr-Digest: sha-256=:${digest}:\r\n`),
    ),
    ends,
  ],
];

for (const [what, bytes, end, request] of good) {
  test(`finds nothing wrong with ${what}`, async () => {
    assert.equal(await judged(bytes, end, request), undefined);
  });
}

const bad: readonly (readonly [...Case, kind: RegExp])[] = [
  [
    "half a text with its own length",
    answered("Content-Length: 12", half),
    ends,
    {},
    /ends cleanly .*length/,
  ],
  [
    "half a text with the last chunk",
    answered("Transfer-Encoding: chunked", chunked(half)),
    ends,
    {},
    /ends cleanly .*chunks/,
  ],
  [
    "half a text that ends without a reset",
    answered("", half),
    ends,
    { httpVersion: "1.0" },
    /ends cleanly .*close, HTTP\/1\.0/,
  ],
  [
    "another text of the same length",
    answered(withLength, text.replace("two", "too")),
    ends,
    {},
    /ends cleanly/,
  ],
  [
    "a coded body that is cut within",
    Buffer.concat([
      Buffer.from(
        `HTTP/1.1 200 x\r\nContent-Encoding: gzip\r\nContent-Length: ${gzipped.length - 9}\r\n\r\n`,
      ),
      gzipped.subarray(0, -9),
    ]),
    ends,
    { acceptsGzip: true },
    /ends cleanly/,
  ],
  [
    "another range",
    answered(`Content-Length: 6\r\nContent-Range: bytes 3-8/${text.length}`, text.slice(4, 10), 206),
    ends,
    { range: [3, 8] },
    /ends cleanly/,
  ],
  ["a false digest", answered(`${withLength}\r\nRepr-Digest: sha-256=:AAAA:`, text), ends, {}, /Repr-Digest/],
  ["a false count", answered(`${withLength}\r\nX-Row-Count: 3`, text), ends, {}, /X-Row-Count/],
  ["a client that waits for an answer", "", stays, {}, /hangs/],
  ["a client that waits for the rest", answered(withLength, half), stays, {}, /hangs/],
  [
    "a status that no right request gets",
    answered("Content-Length: 0", "", 404),
    ends,
    {},
    /answered with 404/,
  ],
  [
    "an unexpected fault",
    answered("Content-Length: 24", '{"code":"SCSV_INTERNAL"}', 500),
    ends,
    {},
    /SCSV_INTERNAL/,
  ],
  ["something that isn't HTTP", "nonsense\r\n\r\n", ends, {}, /malformed/],
  [
    "two framings",
    answered(`${withLength}\r\nTransfer-Encoding: chunked`, chunked(text)),
    ends,
    {},
    /malformed/,
  ],
  [
    "a chunk of another size",
    answered("Transfer-Encoding: chunked", `3\r\n${text}\r\n0\r\n\r\n`),
    ends,
    {},
    /malformed/,
  ],
];

for (const [what, bytes, end, request, kind] of bad) {
  test(`notices ${what}`, async () => {
    assert.match((await judged(bytes, end, request))?.kind ?? "nothing", kind);
  });
}
