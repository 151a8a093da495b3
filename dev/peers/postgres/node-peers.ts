import { nodePeer } from "../node-peer.ts";

/** The usual way from PostgreSQL to CSV on Node. */
export const queryStreamPeer = nodePeer({
  name: "pg-query-stream",
  stack: "node:http, pg-query-stream, csv-stringify",
  settings:
    "`pool.query(new QueryStream(…))` → csv-stringify's stream → `res` by `pipeline`: a cursor of 100 rows at a time, an object a row.",
  program: "postgres/query-stream-server.js",
  libraries: ["pg-query-stream", "csv-stringify"],
});

/** Shows what Express adds to a bare `node:http`. */
export const expressPeer = nodePeer({
  name: "express, csv-stringify",
  stack: "Express, pg-query-stream, csv-stringify",
  settings: "The same streams into Express' `res`; no logger, no middleware, Express' settings as they come.",
  program: "postgres/express-server.js",
  libraries: ["express", "pg-query-stream", "csv-stringify"],
});

/** Decodes and encodes nothing: PostgreSQL makes the text. */
export const copyStreamsPeer = nodePeer({
  name: "pg-copy-streams",
  stack: "node:http, pg-copy-streams",
  settings:
    "`COPY (SELECT …) TO STDOUT (FORMAT csv, HEADER)` → `res` by `pipeline`: PostgreSQL makes the text.",
  program: "postgres/copy-streams-server.js",
  libraries: ["pg-copy-streams"],
});

/** Shows what Fastify adds to a bare `node:http`. */
export const fastifyPeer = nodePeer({
  name: "fastify, pg-copy-streams",
  stack: "Fastify, pg-copy-streams",
  settings: "The same stream, given to Fastify's `reply.send`; no logger, no plugins.",
  program: "postgres/fastify-server.js",
  libraries: ["fastify", "pg-copy-streams"],
});
