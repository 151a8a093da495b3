import { nodePeer } from "../node-peer.ts";

/** Plain Node with csv-stringify, the usual way to stream CSV with Node. */
export const csvStringifyPeer = nodePeer({
  name: "node",
  stack: "node:http, csv-stringify",
  settings:
    "`Readable.from(generator)` → csv-stringify's stream → `res` by `pipeline`, in one process. Rows are arrays, which it encodes faster than objects; booleans and dates have a cast each. Larger high-water marks made it no faster.",
  program: "on-request/csv-stringify-server.js",
  libraries: ["csv-stringify"],
});

/** The other stream that formats CSV. */
export const fastCsvPeer = nodePeer({
  name: "fast-csv",
  stack: "node:http, fast-csv",
  settings: "The same with the stream of @fast-csv/format; dates by its `transform`.",
  program: "on-request/fast-csv-server.js",
  libraries: ["@fast-csv/format"],
});

/** Fastify with a stream, as its users would do it. */
export const fastifyPeer = nodePeer({
  name: "fastify, fast-csv",
  stack: "Fastify, fast-csv",
  settings: "The stream of **fast-csv**, given to Fastify's `reply.send`; no logger, no plugins.",
  program: "on-request/fastify-server.js",
  libraries: ["fastify", "@fast-csv/format"],
});

/** The most downloaded CSV package, which has no stream for writing. */
export const papaparsePeer = nodePeer({
  name: "papaparse",
  stack: "node:http, papaparse",
  settings: "`unparse` of 500 rows at a time, from a generator to `res` by `pipeline`.",
  program: "on-request/papaparse-server.js",
  libraries: ["papaparse"],
});
