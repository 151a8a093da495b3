import { batchedDjangoPeer, djangoPeer } from "./django-peer.ts";
import { goPeer } from "./go-peer.ts";
import { nginxPeer } from "./nginx-peer.ts";
import { nodePeer } from "./node-peer.ts";
import type { Peer } from "./peer.ts";
import { oursWithStringify } from "./stream-csv-peer.ts";

/** All peers, in the order of the page. */
export const peers: readonly Peer[] = [
  oursWithStringify,
  nodePeer,
  goPeer,
  djangoPeer,
  batchedDjangoPeer,
  nginxPeer,
];
