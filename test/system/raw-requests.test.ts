import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startServe, type ServeProcess } from "../harness/cli.ts";
import { rawAnswers } from "../harness/raw.ts";

/** Requests as bytes, and the statuses of all answers that must come before the connection is closed. */
type Case = readonly [what: string, bytes: string, statuses: readonly number[], options?: Options];

interface Options {
  /** The client closes its side after the bytes. */
  readonly finish?: boolean;
  /** The answers of a worker that takes one request per connection, if they differ. */
  readonly sync?: readonly number[];
}

const host = "Host: localhost\r\n";
const close = "Connection: close\r\n";
const ping = `GET /ping HTTP/1.1\r\n${host}\r\n`;
const lastPing = `GET /ping HTTP/1.1\r\n${host}${close}\r\n`;
const withHost = (value: string): string => `GET /ping HTTP/1.1\r\nHost: ${value}\r\n${close}\r\n`;
const withCoding = (lines: string, body = ""): string => `POST /ping HTTP/1.1\r\n${host}${lines}\r\n${body}`;
const chunked = (body: string): string => withCoding("Transfer-Encoding: chunked\r\n", body);

const hosts: readonly Case[] = [
  ...[
    "x",
    "x:80",
    "x:",
    "",
    "[::1]",
    "[::1]:8080",
    "a_b.example",
    "xn--bcher-kva.example",
    "%41",
    "[fe80::1]",
    "[::ffff:127.0.0.1]:80",
    "[v1.a]",
  ].map((value): Case => [`takes Host "${value}"`, withHost(value), [200]]),
  ...[
    "u@x",
    "x/y",
    "x, y",
    "x y",
    "\xff",
    "x:abc",
    "x?y",
    "x#y",
    "x\\y",
    "[::1",
    "::1",
    'x"',
    "<x>",
    "x:1:2",
    "[abc]",
    "[]",
    "[1.2.3.4]",
    "[::1%eth0]",
    "[::1%25eth0]",
    "[::1]x",
    "[[::1]]",
    "[::1]]",
    "[v1.]",
    "x%",
    "x%zz",
    "x%4",
    "x,y",
  ].map((value): Case => [`refuses Host "${value}"`, withHost(value), [400]]),
  ["refuses a missing Host", `GET /ping HTTP/1.1\r\n${close}\r\n`, [400]],
  ["refuses two", `GET /ping HTTP/1.1\r\n${host}${host}${close}\r\n`, [400]],
  ["asks none of HTTP/1.0", "GET /ping HTTP/1.0\r\n\r\n", [200]],
];

const targets: readonly Case[] = [
  ...[
    "*",
    "*ping",
    "*/ping",
    "ping",
    "*exports/orders.csv?rows=1",
    "ftp://x/ping",
    "?a",
    "http:ping",
    "http:/ping",
  ].map((target): Case => [
    `refuses the target ${target}`,
    `GET ${target} HTTP/1.1\r\n${host}${close}\r\n`,
    [400],
  ]),
  ...[
    "http:///ping",
    "http://",
    "http://:80/ping",
    "http://?a",
    "https:///ping",
    "http://u@x/ping",
    "http://u:p@x/ping",
    "http://@x/ping",
    "http://x:abc/ping",
    "http://x:80:80/ping",
    "http://x,y/ping",
    "http://x%/ping",
    "http://x%zz/ping",
    "http://[abc]/ping",
    "http://[::1%eth0]/ping",
    "http://[::1%25eth0]/ping",
    "http://[::1/ping",
    "HTTP://u@x/ping",
  ].map((target): Case => [
    `refuses the host of ${target}`,
    `GET ${target} HTTP/1.1\r\n${host}${close}\r\n`,
    [400],
  ]),
  ...[
    "http://x:/ping",
    "http://x:80/ping",
    "http://[::1]:80/ping",
    "HTTP://X/ping",
    "https://x/ping",
    "http://x%41/ping",
  ].map((target): Case => [`takes ${target}`, `GET ${target} HTTP/1.1\r\n${host}${close}\r\n`, [200]]),
  ["takes OPTIONS of the whole server", `OPTIONS * HTTP/1.1\r\n${host}${close}\r\n`, [204]],
  ["goes on after it", `OPTIONS * HTTP/1.1\r\n${host}\r\n${lastPing}`, [204, 200], { sync: [204] }],
  ["takes it of HTTP/1.0", "OPTIONS * HTTP/1.0\r\n\r\n", [204]],
  ...["*?a", "**", "*/", "*/ping"].map((target): Case => [
    `refuses OPTIONS of ${target}`,
    `OPTIONS ${target} HTTP/1.1\r\n${host}${close}\r\n`,
    [400],
  ]),
  ["knows no OPTIONS of a path", `OPTIONS /ping HTTP/1.1\r\n${host}${close}\r\n`, [405]],
  ...["POST", "DELETE", "TRACE"].map((method): Case => [
    `refuses ${method} of *`,
    `${method} * HTTP/1.1\r\n${host}${close}\r\n`,
    [400],
  ]),
  ["takes a path", `GET /ping?a=b HTTP/1.1\r\n${host}${close}\r\n`, [200]],
  ["takes a URL", `GET http://x/ping HTTP/1.1\r\n${host}${close}\r\n`, [200]],
];

const versions: readonly Case[] = ["HTTP/2.0", "HTTP/3.0", "HTTP/0.9", "ICE/1.0"].flatMap(
  (version): Case[] => [
    [`refuses ${version}`, `GET /ping ${version}\r\n${host}${close}\r\n`, [400]],
    [`refuses ${version} with a request after it`, `GET /ping ${version}\r\n${host}\r\n${ping}`, [400]],
  ],
);

const codings: readonly Case[] = [
  ...[
    "gzip",
    "identity",
    "gzip, chunked",
    "identity, chunked",
    ",chunked",
    "xchunked",
    "chunkedx",
    '"chunked"',
    "chunked;q=1",
  ].map((coding): Case => [
    `refuses the coding ${coding}, and closes`,
    withCoding(`Transfer-Encoding: ${coding}\r\n`, `0\r\n\r\n${ping}`),
    [413],
  ]),
  ["refuses chunks that aren't last", withCoding("Transfer-Encoding: chunked, gzip\r\n"), [400]],
  [
    "refuses chunks together with a length",
    withCoding("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "abc"),
    [400],
  ],
  [
    "refuses a body of HTTP/1.0 in chunks, and closes",
    `POST /ping HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /ping HTTP/1.0\r\n\r\n`,
    [413],
  ],
];

const chunks: readonly Case[] = [
  ...[
    "zz\r\nhello\r\n0\r\n\r\n",
    "5\r\nhelloXX\r\n0\r\n\r\n",
    "5\nhello\n0\n\n",
    "-5\r\nhello\r\n",
    "+5\r\nhello\r\n",
    "0x5\r\nhello\r\n",
    " 5\r\nhello\r\n",
    "5 \r\nhello\r\n0\r\n\r\n",
    "\r\nhello\r\n",
    "ffffffffffffffffff\r\nhello\r\n",
    "5;\x00=1\r\nhello\r\n0\r\n\r\n",
    "5\r\nhel\r\n0\r\n\r\n",
  ].map((body): Case => [`refuses the chunks ${JSON.stringify(body)}`, chunked(body), [413]]),
  ["reads well-made chunks away", chunked(`5\r\nhello\r\n0\r\n\r\n${ping}`), [413]],
];

const behind: readonly Case[] = [
  ["answers the requests before one that follows the last", lastPing + ping, [200]],
  ["answers the requests before junk that follows the last", `${lastPing}junk`, [200]],
  ["answers a request and then the junk after it", `${ping}junk\r\n\r\n`, [200, 400], { sync: [200] }],
  [
    "answers three requests and then the junk",
    `${ping.repeat(3)}\0\r\n\r\n`,
    [200, 200, 200, 400],
    { sync: [200] },
  ],
  [
    "answers two in order, a slow one first",
    `GET /exports/orders.csv?rows=200 HTTP/1.1\r\n${host}\r\n${lastPing}`,
    [200, 200],
    { sync: [200] },
  ],
  [
    "answers CONNECT in its turn",
    `${ping}CONNECT x:443 HTTP/1.1\r\n${host}\r\n`,
    [200, 501],
    { sync: [200] },
  ],
  ["answers HTTP/1.0 with a request after it", `GET /ping HTTP/1.0\r\n\r\n${ping}`, [200]],
  [
    "answers a request to upgrade and closes",
    `GET /ping HTTP/1.1\r\n${host}Connection: upgrade\r\nUpgrade: h2c\r\n\r\n${ping}`,
    [200],
  ],
  [
    "answers a body that is too large while the client sends it",
    `POST /ping HTTP/1.1\r\n${host}${close}Content-Length: 5000000\r\n\r\n${"a".repeat(1 << 20)}`,
    [413],
  ],
  [
    "answers a body with bytes after it",
    `POST /ping HTTP/1.1\r\n${host}${close}Content-Length: 3\r\n\r\nabcdef`,
    [405],
  ],
];

const limits: readonly Case[] = [
  [
    "answers 64 requests sent ahead",
    ping.repeat(63) + lastPing,
    Array<number>(64).fill(200),
    { sync: [200] },
  ],
  [
    "answers 64 of a thousand requests sent ahead, and closes",
    ping.repeat(1000),
    Array<number>(64).fill(200),
    { sync: [200] },
  ],
];

const halfClosed: readonly Case[] = [
  ...[
    "/ping",
    "/stats",
    "/transfers",
    "/exports/orders.csv?rows=20000",
    "/exports/orders.csv?rows=500&delivery=buffered",
    "/exports/orders.csv?rows=500&delivery=file",
  ].flatMap((path): Case[] => [
    [
      `answers ${path} to a client that shut its side down`,
      `GET ${path} HTTP/1.1\r\n${host}\r\n`,
      [200],
      { finish: true },
    ],
    [`answers ${path} of HTTP/1.0 alike`, `GET ${path} HTTP/1.0\r\n\r\n`, [200], { finish: true }],
  ]),
  ["answers all that was asked before", ping.repeat(3), [200, 200, 200], { finish: true, sync: [200] }],
  ["refuses half a request", "GET /ping HTTP/1.1\r\nHo", [400], { finish: true }],
];

const groups = { hosts, targets, versions, codings, chunks, behind, limits, halfClosed };

for (const model of ["async", "sync"] as const) {
  describe(`an ${model} worker`, () => {
    let server: ServeProcess;
    before(async () => {
      server = await startServe(["--worker-model", model, "--queue-timeout", "10s", "--allowed-hosts", "*"]);
    });
    after(async () => {
      await server[Symbol.asyncDispose]();
      const { exitCode } = await server.ended;
      assert.equal(exitCode, 0);
    });
    test("targets: lists the methods of the whole server", async () => {
      const asked = `OPTIONS * HTTP/1.1\r\n${host}${close}\r\n`;
      const [answer] = (await rawAnswers(server.url, asked, { finish: false })).answers;
      assert.equal(answer?.headers["allow"], "DELETE, GET, HEAD, OPTIONS, POST");
    });
    for (const [group, cases] of Object.entries(groups)) {
      for (const [what, bytes, statuses, { finish = false, sync } = {} as Options] of cases) {
        test(`${group}: ${what}`, async () => {
          const { answers, wasReset } = await rawAnswers(server.url, bytes, { finish });
          assert.deepEqual(
            answers.map(({ status }) => status),
            model === "sync" ? (sync ?? statuses) : statuses,
          );
          assert.equal(wasReset, false);
          for (const { status, headers, body } of answers) {
            if (status < 400) continue;
            assert.equal(headers["content-type"], "application/problem+json");
            assert.equal((JSON.parse(body) as Record<string, unknown>)["status"], status);
          }
        });
      }
    }
  });
}
