import { fileURLToPath } from "node:url";
import type { Peer } from "./peer.ts";

/** Plain Node with csv-stringify, the usual way to stream CSV with Node. */
export const nodePeer: Peer = {
  name: "node",
  stack: "Node, csv-stringify",
  settings:
    "`Readable.from(generator)` → csv-stringify's stream → `res` by `pipeline`, in one process. Rows are arrays, which it encodes faster than objects; booleans and dates have a cast each. Larger high-water marks made it no faster.",
  packages: [],
  exportPath: "/orders.csv",
  findVersion: () => Promise.resolve(`Node ${process.versions.node}`),
  command: ({ poolFile }) => Promise.resolve([process.execPath, program, poolFile]),
};

const program = fileURLToPath(new URL("node-server.js", import.meta.url));
