import { join } from "node:path";
import type { PeerSeries } from "../series.ts";
import { batchedDjangoPeer, djangoPeer } from "./django-peer.ts";
import { duckdbPeer } from "./duckdb-peer.ts";
import { goOnRequestPeer } from "./go-on-request-peer.ts";
import { nginxPeer } from "./nginx-peer.ts";
import { csvStringifyPeer, fastCsvPeer, fastifyPeer, papaparsePeer } from "./node-peers.ts";
import { phpOnRequestPeer } from "./php-on-request-peer.ts";
import { writePool } from "./pool.ts";
import { likeOurShape } from "./shape.ts";
import { starlettePeer } from "./starlette-peer.ts";
import { oursAsFile, oursOnRequest, oursWithStringify } from "./stream-csv-peers.ts";

/** Rows that every peer makes anew for each request. */
export const onRequestSeries: PeerSeries = {
  name: "on-request",
  ours: oursOnRequest,
  others: [
    oursWithStringify,
    csvStringifyPeer,
    fastCsvPeer,
    fastifyPeer,
    papaparsePeer,
    goOnRequestPeer,
    djangoPeer,
    batchedDjangoPeer,
    starlettePeer,
    phpOnRequestPeer,
    duckdbPeer,
    oursAsFile,
    nginxPeer,
  ],
  check: likeOurShape,
  async open(folder, signal) {
    const rowsFrom = join(folder, "pool.json");
    await writePool(rowsFrom, signal);
    return { rowsFrom, observers: [], queries: null, close: () => Promise.resolve() };
  },
};
