import { uvicornPeer } from "../uvicorn-peer.ts";

/** The rows of a cursor of the server. */
export const fastapiPostgresPeer = uvicornPeer({
  name: "fastapi",
  stack: "FastAPI, psycopg2, uvicorn, csv.writer",
  settings:
    "A named cursor of psycopg2, which reads 2,000 rows at a time; `StreamingResponse` over a plain generator, which FastAPI asks in another thread for the text of 500 rows of `csv.writer` at a time; uvicorn with one process, no middleware, a connection for each request.",
  source: "postgres/fastapi_server.py",
  rowsPerPiece: 500,
  libraries: ["fastapi", "psycopg2"],
  packages: ["python3-fastapi", "python3-psycopg2"],
});
