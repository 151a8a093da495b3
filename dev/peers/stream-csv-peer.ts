import { readFile } from "node:fs/promises";
import { versionOf } from "./node-peer.ts";
import type { ServerPeer, Workshop } from "./peer.ts";
import { streamCsvProgram } from "./run-program.ts";

/** What differs between uses of our server. */
interface StreamCsvPeer extends Pick<
  ServerPeer,
  "name" | "stack" | "settings" | "exportPath" | "isReadyMade" | "prepare"
> {
  /** Flags beside those that all have. */
  readonly flags?: (workshop: Workshop) => readonly string[];
  /** The packages whose versions are given. */
  readonly libraries?: readonly string[];
}

/** Our server with one worker. */
export function streamCsvPeer({ flags = () => [], libraries = [], ...peer }: StreamCsvPeer): ServerPeer {
  return {
    kind: "server",
    ...peer,
    packages: [],
    async findVersion() {
      const versions = await Promise.all(libraries.map(versionOf));
      return [await ownVersion(), `Node ${process.versions.node}`, ...versions].join(", ");
    },
    command: (workshop) => {
      const common = ["--port", "0", "--workers", "1", "--log-level", "warn"];
      return Promise.resolve([process.execPath, streamCsvProgram, "serve", ...common, ...flags(workshop)]);
    },
  };
}

async function ownVersion(): Promise<string> {
  const text = await readFile(new URL("../../../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(text) as { readonly version: string };
  return `stream-csv ${version}`;
}
