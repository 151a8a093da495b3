/**
 * Compares an export that is made and compressed on the way with zlib alone on the same bytes, which are there before: by a
 * stream, and all at once. In turns, in one process; nothing is sent.
 *
 *     node dist/dev/micro/gzip.js [rows] [rounds]
 */
import assert from "node:assert/strict";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip, gunzipSync, gzipSync } from "node:zlib";
import { compress, csvResponse, type StreamingHttpResponse } from "../../src/index.ts";
import { generatedSource } from "../../src/internal.ts";
import { medianSeconds, ratiosText, runInTurns } from "./in-turns.ts";

const [, , rows = "1000000", rounds = "5"] = process.argv;
/** Of gzip, and the one that `compress()` uses by default. */
const level = 6;

function respond(acceptEncoding: string): StreamingHttpResponse {
  const response = csvResponse(generatedSource("orders", { rows: Number(rows) }));
  compress()({ method: "GET", headers: { "accept-encoding": acceptEncoding } }, response);
  return response;
}

/** A chunk is valid until the next one is asked for, so that keeping it takes a copy. */
async function copiesOf(response: StreamingHttpResponse): Promise<readonly Buffer[]> {
  const copies: Buffer[] = [];
  for await (const chunk of response.streamingContent) copies.push(Buffer.from(chunk));
  return copies;
}

const chunks = await copiesOf(respond("identity"));
const text = Buffer.concat(chunks);
const compressed = Buffer.concat(await copiesOf(respond("gzip")));
assert.ok(gunzipSync(compressed).equals(text), "The compressed export is not the same text.");

let streamedBytes = 0;
const contenders = {
  "the export with gzip": async () => {
    for await (const chunk of respond("gzip").streamingContent) streamedBytes += chunk.byteLength;
  },
  "the export alone": async () => {
    for await (const chunk of respond("identity").streamingContent) streamedBytes += chunk.byteLength;
  },
  "zlib's stream": () =>
    pipeline(
      Readable.from(chunks),
      createGzip({ level, chunkSize: 64 * 1024 }),
      new Writable({
        write(chunk: Buffer, _, done) {
          streamedBytes += chunk.byteLength;
          done();
        },
      }),
    ),
  "zlib at once": () => Promise.resolve(gzipSync(text, { level })),
};

const taken = await runInTurns(Object.values(contenders), Number(rounds));
process.stdout.write(
  `${rows} rows, ${(text.byteLength / 1e6).toFixed(1)} MB, by gzip ${(compressed.byteLength / 1e6).toFixed(1)} MB, ${rounds} rounds; medians\n`,
);
const [ours = [], ...others] = taken;
for (const [index, name] of Object.keys(contenders).entries()) {
  const rate = text.byteLength / 1e6 / medianSeconds(taken[index] ?? []);
  process.stdout.write(`${name.padEnd(22)} ${rate.toFixed(1)} MB/s\n`);
}
for (const [index, name] of Object.keys(contenders).slice(1).entries())
  process.stdout.write(
    `${name} : the export with gzip`.padEnd(46) + ` ${ratiosText(others[index] ?? [], ours)}\n`,
  );
