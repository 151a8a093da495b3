import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { test } from "node:test";
import * as zlib from "node:zlib";
import {
  type AnyResponse,
  type CodingName,
  compress,
  conditionalGet,
  FileResponse,
  HttpResponse,
  StreamingHttpResponse,
} from "../../src/index.ts";
import { codings } from "../../src/compression/negotiate-coding.ts";
import { curl, serve } from "./serving.ts";

const accepting = (acceptEncoding: string): { headers: Record<string, string> } => ({
  headers: { "accept-encoding": acceptEncoding },
});
const encodingOf = (response: AnyResponse): string | undefined => response.headers.get("Content-Encoding");
const text = "some text that can be compressed; ".repeat(100);

/** Decodes exactly one member, whole. */
const decoders: Readonly<Record<CodingName, (bytes: Uint8Array) => Uint8Array>> = {
  gzip: decodeOneGzipMember,
  br: (bytes) => zlib.brotliDecompressSync(bytes),
  zstd: (bytes) => {
    const decode: unknown = Reflect.get(zlib, "zstdDecompressSync");
    if (typeof decode !== "function") throw new Error("this Node has no zstd");
    const decoded: unknown = decode(bytes);
    return decoded instanceof Uint8Array ? decoded : new Uint8Array(0);
  },
};

function openDecoder(name: CodingName): Transform {
  if (name === "gzip") return zlib.createGunzip();
  if (name === "br") return zlib.createBrotliDecompress();
  const create: unknown = Reflect.get(zlib, "createZstdDecompress");
  const decoder: unknown = typeof create === "function" ? create() : undefined;
  if (!(decoder instanceof Transform)) throw new Error("this Node has no zstd");
  return decoder;
}

/** gunzipSync takes many members as one; inflating what lies between header and trailer doesn't. */
function decodeOneGzipMember(bytes: Uint8Array): Uint8Array {
  assert.deepEqual(
    [...bytes.subarray(0, 9)],
    [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0],
    "no name and no time in the header",
  );
  const decoded = zlib.inflateRawSync(bytes.subarray(10, -8));
  const trailer = Buffer.from(bytes.subarray(-8));
  assert.equal(trailer.readUInt32LE(4), decoded.byteLength);
  return decoded;
}

async function bytesOf(response: AnyResponse): Promise<Uint8Array> {
  if (!response.streaming) return response.content;
  const parts: Uint8Array[] = [];
  for await (const chunk of response) parts.push(chunk);
  return Buffer.concat(parts);
}

for (const { name } of codings) {
  test(`compresses buffered content in place with ${name}, and corrects its length and tag`, async () => {
    const response = new HttpResponse(text, {
      headers: { "Content-Length": text.length, ETag: '"v1"', Vary: "Cookie" },
    });
    assert.equal(compress()(accepting(name), response), response);
    assert.equal(encodingOf(response), name);
    assert.equal(response.headers.get("Content-Length"), String(response.tell()));
    assert.equal(response.headers.get("ETag"), 'W/"v1"');
    assert.equal(response.headers.get("Vary"), "Cookie, Accept-Encoding");
    assert.ok(response.tell() < text.length);
    assert.equal(Buffer.from(decoders[name](response.content)).toString(), text);
  });

  test(`compresses a stream with ${name} as one member, whatever the chunks`, async () => {
    const chunks = [
      "",
      "a",
      text,
      "b".repeat(300_000),
      ...Array.from({ length: 5000 }, (_, index) => `${index},`),
      "",
    ];
    const response = new StreamingHttpResponse(chunks, { headers: { "Content-Length": 9, ETag: 'W/"v1"' } });
    compress()(accepting(name), response);
    assert.equal(encodingOf(response), name);
    assert.equal(response.headers.has("Content-Length"), false);
    assert.equal(response.headers.get("ETag"), 'W/"v1"');
    const bytes = await bytesOf(response);
    assert.equal(Buffer.from(decoders[name](bytes)).toString(), chunks.join(""));
  });

  test(`compresses an empty stream with ${name} as a whole member`, async () => {
    const response = compress()(accepting(name), new StreamingHttpResponse([]));
    assert.equal(decoders[name](await bytesOf(response)).byteLength, 0);
  });

  test(`ends no ${name} member after a failure`, async () => {
    const response = new StreamingHttpResponse(function* () {
      yield text;
      throw new Error("the source failed");
    });
    compress()(accepting(name), response);
    const parts: Uint8Array[] = [];
    await assert.rejects(async () => {
      for await (const chunk of response) parts.push(chunk);
    }, /the source failed/);
    assert.ok(parts.length > 0);
    const bytes = Buffer.concat(parts);
    // Node's own decoder takes a zstd frame without its last block; an empty last block is what our end looks like.
    if (name === "zstd") assert.notDeepEqual([...bytes.subarray(-3)], [1, 0, 0]);
    else assert.throws(() => decoders[name](bytes));
  });

  test(`sends a ${name} stream of many megabytes whole`, async (t) => {
    const block = Buffer.from(
      Array.from({ length: 10_000 }, (_, index) => `${index},${index * 7919}\r\n`).join(""),
    );
    const served = await serve(t, (req) =>
      compress()(req, new StreamingHttpResponse(Array.from({ length: 40 }, () => block))),
    );
    const { exitCode, output } = await curl("--header", `Accept-Encoding: ${name}`, served.url);
    const { state, bytes } = await served.outcome();
    assert.deepEqual([exitCode, state, bytes], [0, "completed", output.byteLength]);
    assert.ok(bytes < block.byteLength * 20);
    const decoded = Buffer.from(decoders[name](output));
    assert.equal(decoded.byteLength, block.byteLength * 40);
    assert.ok(decoded.subarray(-block.byteLength).equals(block));
  });
}

const negotiations: readonly (readonly [acceptEncoding: string, expected: string | undefined])[] = [
  ["gzip", "gzip"],
  ["GZIP", "gzip"],
  ["br;q=0.5, gzip;q=0.8", "gzip"],
  ["br, gzip", "br"],
  ["gzip, br", "br"],
  ["gzip;q=0", undefined],
  ["gzip;q=0, *", "br"],
  ["identity", undefined],
  ["identity;q=1, gzip;q=0.5", undefined],
  ["*;q=0", undefined],
  ["deflate", undefined],
  ["xgzip", undefined],
  ["", undefined],
];
for (const [acceptEncoding, expected] of negotiations) {
  test(`answers Accept-Encoding ${JSON.stringify(acceptEncoding)} with ${expected ?? "no coding"}, and varies by it`, () => {
    const response = compress({ codings: ["br", "gzip"] })(accepting(acceptEncoding), new HttpResponse(text));
    assert.equal(encodingOf(response), expected);
    assert.equal(response.headers.get("Vary"), "Accept-Encoding");
  });
}

test("compresses nothing for a client that names no coding, or when none is offered", () => {
  assert.equal(encodingOf(compress()({ headers: {} }, new HttpResponse(text))), undefined);
  assert.equal(
    encodingOf(compress({ codings: [] })(accepting("gzip, br, zstd"), new HttpResponse(text))),
    undefined,
  );
});

test("doesn't change a response that is small, coded, partial, bodiless or no-transform", () => {
  const untouched: readonly (readonly [name: string, response: AnyResponse])[] = [
    ["small", new HttpResponse("a".repeat(199))],
    ["coded", new HttpResponse(text, { headers: { "Content-Encoding": "gzip" } })],
    ["identity", new StreamingHttpResponse([text], { headers: { "Content-Encoding": "identity" } })],
    ["empty coding", new StreamingHttpResponse([text], { headers: { "Content-Encoding": "" } })],
    ["part", new StreamingHttpResponse([text], { statusCode: 206 })],
    ["no content", new StreamingHttpResponse([], { statusCode: 204 })],
    [
      "no-transform",
      new StreamingHttpResponse([text], { headers: { "Cache-Control": "private, no-transform" } }),
    ],
  ];
  for (const [name, response] of untouched) {
    const before = encodingOf(response);
    assert.equal(compress()(accepting("gzip"), response), response);
    assert.equal(encodingOf(response), before || undefined, name);
    assert.equal(response.headers.has("Vary"), false, name);
  }
});

test("compresses an error's answer too", () => {
  assert.equal(
    encodingOf(compress()(accepting("gzip"), new HttpResponse(text, { statusCode: 404 }))),
    "gzip",
  );
});

test("keeps content that doesn't get smaller", () => {
  const random = crypto.getRandomValues(new Uint8Array(1000));
  const response = compress()(accepting("gzip"), new HttpResponse(random));
  assert.equal(encodingOf(response), undefined);
});

test("gives a 304 the tag of its 200, whether the content gets smaller or not", () => {
  const contents = [randomBytes(1000), Buffer.from(text), Buffer.from("short"), randomBytes(600 * 1024)];
  const transforms = { outer: [conditionalGet(), compress()], inner: [compress(), conditionalGet()] };
  for (const chain of Object.values(transforms)) {
    for (const content of contents) {
      for (const acceptEncoding of ["gzip", "identity"]) {
        const answer = (headers: Record<string, string>): AnyResponse =>
          chain.reduce<AnyResponse>(
            (response, transform) =>
              transform({ headers: { "accept-encoding": acceptEncoding, ...headers } }, response),
            new HttpResponse(content, { headers: { ETag: '"v1"' } }),
          );
        const whole = answer({});
        const unchanged = answer({ "if-none-match": '"v1"' });
        assert.deepEqual([whole.statusCode, unchanged.statusCode], [200, 304]);
        for (const name of ["ETag", "Vary"])
          assert.equal(
            unchanged.headers.get(name),
            whole.headers.get(name),
            `${content.length} ${acceptEncoding}`,
          );
      }
    }
  }
});

test("removes headers that describe the uncompressed bytes, and weakens a tag", () => {
  const headers = { "Repr-Digest": "sha-256=:x:", "Accept-Ranges": "bytes", ETag: '"a"' };
  const response = compress()(accepting("gzip"), new StreamingHttpResponse([text], { headers }));
  assert.deepEqual([...response.headers].map(([name]) => name).toSorted(), [
    "Content-Encoding",
    "Content-Type",
    "ETag",
    "Vary",
  ]);
});

test("makes a stream of big buffered content, closes the original with it, and keeps the head", async () => {
  const original = new HttpResponse("x".repeat(1 << 20), {
    statusCode: 201,
    reasonPhrase: "Made",
    contentType: "text/csv",
  });
  original.setCookie("a", "1");
  const response = compress()(accepting("gzip"), original);
  assert.ok(response.streaming);
  assert.deepEqual(
    [response.statusCode, response.reasonPhrase, response.headers.get("Content-Type"), response.cookies],
    [201, "Made", "text/csv", ["a=1; Path=/"]],
  );
  assert.equal(decoders.gzip(await bytesOf(response)).byteLength, 1 << 20);
  await response.close();
  assert.ok(original.closed);
});

test("drops a file's ranges when it compresses it, and still closes it", async () => {
  const response = await FileResponse.open("package.json");
  compress()(accepting("gzip"), response);
  assert.equal(response.headers.has("Accept-Ranges"), false);
  assert.equal(response.headers.has("Content-Length"), false);
  assert.match(Buffer.from(decoders.gzip(await bytesOf(response))).toString(), /"stream-csv"/);
  await response.close();
  assert.deepEqual(response.closeErrors, []);
});

for (const { name } of codings) {
  test(`makes each flushed piece of ${name} decodable before the next chunk is asked for`, async (t) => {
    const served = await serve(t, (req) =>
      compress({ flushBytes: 1, codings: [name] })(
        req,
        new StreamingHttpResponse(async function* () {
          for (const chunk of ["one", "two", "three"]) {
            yield chunk;
            // The next chunk comes only when the client has decoded this one.
            await once(served.server, `decoded ${chunk}`);
          }
        }),
      ),
    );
    const decoder = openDecoder(name);
    let decoded = "";
    decoder.on("data", (data: Buffer) => {
      decoded += data.toString();
      for (const chunk of ["one", "two", "three"])
        if (decoded.endsWith(chunk)) served.server.emit(`decoded ${chunk}`);
    });
    const [answer]: IncomingMessage[] = await once(
      get(served.url, { headers: { "Accept-Encoding": name } }),
      "response",
    );
    await pipeline(answer ?? [], decoder);
    assert.equal(decoded, "onetwothree");
  });
}

test("flushes the first chunk at once, then by bytes, and not chunk by chunk", async () => {
  const row = "1,some row\r\n";
  const response = new StreamingHttpResponse(Array.from({ length: 2000 }, () => row));
  compress({ flushBytes: 10_000, flushIntervalMs: 1e6 })(accepting("gzip"), response);
  const pieces: Uint8Array[] = [];
  for await (const piece of response) pieces.push(piece);
  assert.ok(pieces.length <= 6, `${pieces.length} pieces for 24 kB in 2000 chunks`);
});

test("flushes the compressor by time while the source is slow", async () => {
  let resume: () => void = () => undefined;
  const response = new StreamingHttpResponse(async function* () {
    yield "first";
    yield "second";
    await new Promise<void>((resolve) => (resume = resolve));
  });
  compress({ flushIntervalMs: 20 })(accepting("gzip"), response);
  const inflate = zlib.createGunzip();
  let decoded = "";
  inflate.on("data", (data: Buffer) => {
    decoded += data.toString();
    // The source continues only when both were decoded.
    if (decoded === "firstsecond") resume();
  });
  for await (const piece of response) inflate.write(piece);
  assert.equal(decoded, "firstsecond");
});

test("frees the compressor's memory at once when it is closed, even while the source is stuck", async () => {
  const response = new StreamingHttpResponse(async function* () {
    yield text;
    await new Promise(() => undefined);
  });
  compress()(accepting("gzip"), response);
  const chunks = response.streamingContent[Symbol.asyncIterator]();
  await chunks.next();
  const pending = chunks.next();
  await Promise.all([response.close(), assert.rejects(pending, { name: "GivenUp" })]);
  assert.ok(response.closed);
});

test("refuses a negative size or time", () => {
  for (const options of [{ minBytes: -1 }, { flushBytes: Number.NaN }, { flushIntervalMs: -5 }]) {
    assert.throws(() => compress(options), { name: "RangeError", code: "SCSV_ARG_RANGE" });
  }
});

test("removes digests of the bytes before compression, from headers and trailers", async (t) => {
  const digests = { "Repr-Digest": "sha-256=:AA==:", "Content-Digest": "sha-256=:BB==:", Digest: "md5=CC==" };
  const server = await serve(t, (req) =>
    compress({ codings: ["gzip"] })(
      req,
      new StreamingHttpResponse([text], {
        headers: { ...digests, "Content-MD5": "DD==" },
        trailers: {
          names: ["X-Rows", "repr-digest", "Content-Digest"],
          values: () => ({ "X-Rows": 1, ...digests }),
        },
      }),
    ),
  );
  const answer = async (coding: string): Promise<string> => {
    const { output } = await curl(
      "-i",
      "-H",
      "TE: trailers",
      "-H",
      `Accept-Encoding: ${coding}`,
      "--raw",
      server.url,
    );
    return output.toString("latin1").toLowerCase();
  };
  const coded = await answer("gzip");
  assert.doesNotMatch(coded, /digest|content-md5/);
  assert.match(coded, /\r\nx-rows: 1\r\n/);
  const plain = await answer("identity");
  assert.equal(plain.match(/\n(?:repr|content)-digest: /g)?.length, 4);
});
