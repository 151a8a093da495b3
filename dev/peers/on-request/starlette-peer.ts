import { uvicornPeer } from "../uvicorn-peer.ts";

/** Python's asynchronous servers. */
export const starlettePeer = uvicornPeer({
  name: "starlette, batched",
  stack: "Starlette, uvicorn, csv.writer",
  settings:
    "`StreamingResponse` over an asynchronous generator, which gives the text of 500 rows of `csv.writer` at a time; uvicorn with one process, no middleware.",
  source: "on-request/starlette_server.py",
  rowsPerPiece: 500,
  libraries: ["starlette"],
  packages: ["python3-starlette"],
});
