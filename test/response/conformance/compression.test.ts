import {
  type AnyResponse,
  compress,
  type CompressOptions,
  conditionalGet,
  HttpResponse,
  type ResponseOptions,
  StreamingHttpResponse,
} from "../../../src/index.ts";
import { type Case, testCases } from "./conformance.ts";

const text = "some text that can be compressed; ".repeat(50);
const gzip: Case[2] = { headers: { "Accept-Encoding": "gzip" } };
const only = { codings: ["gzip"] } as const satisfies CompressOptions;

const buffered =
  (options: ResponseOptions = {}, content = text, settings: CompressOptions = only): Case[1] =>
  (request) =>
    compress(settings)(request, new HttpResponse(content, options));

const streamed =
  (
    options: ResponseOptions = {},
    chunks: readonly string[] = [text],
    settings: CompressOptions = only,
  ): Case[1] =>
  (request) =>
    compress(settings)(request, new StreamingHttpResponse(chunks, options));

const packed = { headers: { "Content-Encoding": "gzip", Vary: "Accept-Encoding" }, decoded: text };
const plain = { headers: { "Content-Encoding": null }, decoded: text };
const control = (value: string): ResponseOptions => ({ headers: { "Cache-Control": value } });
const tag = (value: string): ResponseOptions => ({ headers: { ETag: value } });
const vary = (value: string): ResponseOptions => ({ headers: { Vary: value } });

// What expressjs/compression, Django's GZipMiddleware and starlette's hold to.
testCases("compression", [
  ["of buffered content", buffered(), gzip, packed],
  ["of a stream", streamed(), gzip, { ...packed, headers: { ...packed.headers, "Content-Length": null } }],
  ["of many chunks as one member", streamed({}, ["some ", "", "text"]), gzip, { decoded: "some text" }],
  [
    "of an empty stream is a member with nothing in it",
    streamed({}, []),
    gzip,
    { headers: { "Content-Encoding": "gzip" }, decoded: "" },
  ],
  [
    "updates the length of buffered content",
    buffered({ headers: { "Content-Length": text.length } }),
    gzip,
    packed,
  ],
  [
    "takes the length from a stream",
    streamed({ headers: { "Content-Length": text.length } }),
    gzip,
    { ...packed, headers: { "Content-Length": null, "Transfer-Encoding": "chunked" } },
  ],
  ["skips a client that names no coding", buffered(), {}, plain],
  [
    "skips a client that names an unknown coding",
    buffered(),
    { headers: { "Accept-Encoding": "bogus" } },
    plain,
  ],
  [
    "says that Accept-Encoding matters to a client that names none",
    buffered(),
    {},
    { headers: { Vary: "Accept-Encoding" } },
  ],
  ["keeps what Vary has", buffered(vary("Cookie")), gzip, { headers: { Vary: "Cookie, Accept-Encoding" } }],
  [
    "doesn't repeat what Vary has",
    buffered(vary("Cookie, accept-encoding")),
    gzip,
    { headers: { Vary: "Cookie, accept-encoding" } },
  ],
  ["leaves a Vary of all alone", buffered(vary("*")), gzip, { headers: { Vary: "*" } }],
  [
    "skips what has a coding",
    buffered({ headers: { "Content-Encoding": "br" } }, "packed".repeat(99)),
    gzip,
    { headers: { "Content-Encoding": "br", Vary: null }, body: "packed".repeat(99) },
  ],
  [
    "skips what has the coding identity",
    buffered({ headers: { "Content-Encoding": "identity" } }),
    gzip,
    { headers: { "Content-Encoding": "identity", Vary: null }, decoded: text },
  ],
  [
    "skips what has an empty coding, and takes that away",
    buffered({ headers: { "Content-Encoding": "" } }),
    gzip,
    { headers: { "Content-Encoding": null, Vary: null }, body: text },
  ],
  [
    "skips a stream that has an empty coding",
    streamed({ headers: { "Content-Encoding": "" } }),
    gzip,
    { headers: { "Content-Encoding": null, Vary: null }, body: text },
  ],
  [
    "skips what says no-transform",
    buffered(control("no-transform")),
    gzip,
    { headers: { "Content-Encoding": null, Vary: null } },
  ],
  [
    "skips what says no-transform among others",
    buffered(control("public,no-transform, max-age=5")),
    gzip,
    plain,
  ],
  ["skips what says No-Transform", buffered(control("No-Transform")), gzip, plain],
  ["doesn't treat x-no-transform as no-transform", buffered(control("x-no-transform")), gzip, packed],
  [
    "doesn't treat a quoted no-transform as a directive",
    buffered(control('ext="a, no-transform"')),
    gzip,
    packed,
  ],
  ["ignores an unterminated quote", buffered(control('ext="a\\", no-transform')), gzip, packed],
  [
    "skips content below 200 bytes, without Vary",
    buffered({}, "a".repeat(199)),
    gzip,
    { headers: { "Content-Encoding": null, Vary: null }, body: "a".repeat(199) },
  ],
  [
    "takes content of 200 bytes",
    buffered({}, "a".repeat(200)),
    gzip,
    { headers: { "Content-Encoding": "gzip" }, decoded: "a".repeat(200) },
  ],
  [
    "takes a threshold of one's own",
    buffered({}, "a".repeat(50), { ...only, minBytes: 40 }),
    gzip,
    { headers: { "Content-Encoding": "gzip" }, decoded: "a".repeat(50) },
  ],
  [
    "has no threshold for a stream",
    streamed({}, ["a"]),
    gzip,
    { headers: { "Content-Encoding": "gzip" }, decoded: "a" },
  ],
  [
    "leaves alone what it would make longer",
    buffered({}, Buffer.from(Array.from({ length: 256 }, (_, index) => index)).toString("latin1"), {
      ...only,
      level: 0,
    }),
    gzip,
    { headers: { "Content-Encoding": null, Vary: "Accept-Encoding" } },
  ],
  ["makes a strong tag weak", buffered(tag('"a"')), gzip, { headers: { ETag: 'W/"a"' } }],
  ["makes a strong tag of a stream weak", streamed(tag('"a"')), gzip, { headers: { ETag: 'W/"a"' } }],
  ["leaves a weak tag weak", buffered(tag('W/"a"')), gzip, { headers: { ETag: 'W/"a"' } }],
  ["leaves a strong tag where there is no coding", buffered(tag('"a"')), {}, { headers: { ETag: '"a"' } }],
  ["takes any type", buffered({ contentType: "image/png" }), gzip, packed],
  ["takes any status with content", buffered({ statusCode: 404 }), gzip, { ...packed, status: 404 }],
  ["takes a 500", buffered({ statusCode: 500 }), gzip, { ...packed, status: 500 }],
  ["skips a part", streamed({ statusCode: 206 }), gzip, { ...plain, status: 206 }],
  [
    "skips a 204",
    buffered({ statusCode: 204 }),
    gzip,
    { status: 204, headers: { "Content-Encoding": null, Vary: null } },
  ],
  [
    "skips a 205",
    buffered({ statusCode: 205 }, ""),
    gzip,
    { status: 205, headers: { "Content-Encoding": null } },
  ],
  [
    "takes digests of the text away",
    buffered({ headers: { "Repr-Digest": "sha-256=:AA==:", "Content-Digest": "sha-256=:AA==:" } }),
    gzip,
    { headers: { "Repr-Digest": null, "Content-Digest": null } },
  ],
  [
    "takes Accept-Ranges away",
    streamed({ headers: { "Accept-Ranges": "bytes" } }),
    gzip,
    { headers: { "Accept-Ranges": null } },
  ],
  [
    "keeps type, status, reason and other headers",
    streamed({ statusCode: 201, reasonPhrase: "Made", contentType: "text/csv", headers: { "X-A": "1" } }),
    gzip,
    { status: 201, reason: "Made", headers: { "Content-Type": "text/csv", "X-A": "1" } },
  ],
  [
    "sends HEAD the headers of GET",
    streamed(),
    { ...gzip, method: "HEAD" },
    { headers: { "Content-Encoding": "gzip", Vary: "Accept-Encoding" } },
  ],
  [
    "of more than is compressed at once is a stream",
    buffered({}, text.repeat(400)),
    gzip,
    { headers: { "Content-Encoding": "gzip", "Transfer-Encoding": "chunked" }, decoded: text.repeat(400) },
  ],
  [
    "keeps the cookies of what becomes a stream",
    (request) => {
      const response = new HttpResponse(text.repeat(400));
      response.setCookie("a", "1");
      return compress(only)(request, response);
    },
    gzip,
    { cookies: ["a=1; Path=/"] },
  ],
  [
    "cuts a stream that fails, without an end of the member",
    (request) => {
      const response = new StreamingHttpResponse(function* () {
        yield text;
        throw new Error("broken");
      });
      return compress(only)(request, response);
    },
    gzip,
    { isCut: true, outcome: "failed" },
  ],
]);

/** conditionalGet() and compress() in the one order or the other. */
const ordered = {
  "conditionalGet(), compress()": (request, response) =>
    compress(only)(request, conditionalGet()(request, response)),
  "compress(), conditionalGet()": (request, response) =>
    conditionalGet()(request, compress(only)(request, response)),
} satisfies Record<string, (request: Parameters<Case[1]>[0], response: AnyResponse) => AnyResponse>;

const withTag: Case[2] = { headers: { "Accept-Encoding": "gzip", "If-None-Match": 'W/"a"' } };

for (const [order, transform] of Object.entries(ordered)) {
  const make =
    (options: ResponseOptions, content = text): Case[1] =>
    (request) =>
      transform(request, new HttpResponse(content, options));
  // RFC 9110, section 15.4.5: what the 200 would have.
  testCases(`a 304 by ${order}`, [
    [
      "its 200 has a weak tag and Vary",
      make(tag('"a"')),
      gzip,
      { headers: { ETag: 'W/"a"', Vary: "Accept-Encoding" } },
    ],
    [
      "has the weak tag and Vary of its 200",
      make(tag('"a"')),
      withTag,
      { status: 304, headers: { ETag: 'W/"a"', Vary: "Accept-Encoding" } },
    ],
    [
      "keeps what Vary had",
      make({ headers: { ETag: '"a"', Vary: "Cookie" } }),
      withTag,
      { status: 304, headers: { Vary: "Cookie, Accept-Encoding" } },
    ],
    [
      "has the strong tag for a client without codings",
      make(tag('"a"')),
      { headers: { "If-None-Match": '"a"' } },
      { status: 304, headers: { ETag: '"a"', Vary: "Accept-Encoding" } },
    ],
    [
      "of small content has its strong tag and no Vary",
      make(tag('"a"'), "small"),
      withTag,
      { status: 304, headers: { ETag: '"a"', Vary: null } },
    ],
    [
      "of what has a coding has its strong tag and no Vary",
      make({ headers: { ETag: '"a"', "Content-Encoding": "br" } }),
      withTag,
      { status: 304, headers: { ETag: '"a"', Vary: null } },
    ],
    [
      "of what says no-transform has its strong tag and no Vary",
      make({ headers: { ETag: '"a"', "Cache-Control": "no-transform" } }),
      withTag,
      { status: 304, headers: { ETag: '"a"', Vary: null } },
    ],
  ]);
}

testCases("a 304 made by hand", [
  [
    "gets Vary and a weak tag",
    (request) =>
      compress(only)(request, new HttpResponse(undefined, { statusCode: 304, headers: { ETag: '"a"' } })),
    gzip,
    { status: 304, headers: { ETag: 'W/"a"', Vary: "Accept-Encoding" } },
  ],
]);
