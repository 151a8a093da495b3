import { readFile } from "node:fs/promises";
import type { Peer } from "./peer.ts";
import { streamCsvProgram } from "./run-program.ts";

/** Our server, with its own encoder or with csv-stringify. */
function streamCsv(name: string, encoder: "fast" | "csv-stringify", settings: string): Peer {
  return {
    name,
    stack: encoder === "fast" ? "this project" : "this project, encoding with csv-stringify",
    settings,
    packages: [],
    exportPath: "/exports/orders.csv",
    async findVersion() {
      const text = await readFile(new URL("../../../package.json", import.meta.url), "utf8");
      const { version } = JSON.parse(text) as { readonly version: string };
      return `stream-csv ${version}, Node ${process.versions.node}`;
    },
    command: () => {
      const flags = { "--port": "0", "--workers": "1", "--log-level": "warn", "--encoder": encoder };
      return Promise.resolve([process.execPath, streamCsvProgram, "serve", ...Object.entries(flags).flat()]);
    },
  };
}

/** The peer that all others are compared with. */
export const ours: Peer = streamCsv(
  "stream-csv",
  "fast",
  "`stream-csv serve --workers 1`: a primary process and one worker, streaming.",
);

/** Shows the advantages of our server apart from its encoder. */
export const oursWithStringify: Peer = streamCsv(
  "stream-csv, csv-stringify",
  "csv-stringify",
  "`stream-csv serve --workers 1 --encoder csv-stringify`: the same server and the same bytes, encoded in batches by csv-stringify.",
);
