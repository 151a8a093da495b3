import { streamCsvPeer } from "../stream-csv-peer.ts";

/** The peer that all others are compared with. */
export const oursOnRequest = streamCsvPeer({
  name: "stream-csv",
  stack: "this project",
  settings: "`stream-csv serve --workers 1`: a primary process and one worker, streaming.",
  exportPath: "/exports/orders.csv",
});

/** Shows the advantages of our server apart from its encoder. */
export const oursWithStringify = streamCsvPeer({
  name: "stream-csv, csv-stringify",
  stack: "this project, encoding with csv-stringify",
  settings:
    "`stream-csv serve --workers 1 --encoder csv-stringify`: the same server and the same bytes, encoded in batches by csv-stringify.",
  exportPath: "/exports/orders.csv",
  flags: () => ["--encoder", "csv-stringify"],
});

/** The same use as nginx's: a file that exists. */
export const oursAsFile = streamCsvPeer({
  name: "stream-csv, file",
  stack: "this project, a file",
  settings:
    "`delivery=file`: the same rows from the file that the first request made. Making it is not in the numbers.",
  exportPath: "/exports/orders.csv?delivery=file",
  isReadyMade: true,
});
