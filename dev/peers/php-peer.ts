import { findFreePort } from "../../bench/subject/process/find-free-port.ts";
import { announce } from "./announce.ts";
import type { ServerPeer } from "./peer.ts";
import { askVersion, sourceFile } from "./run-program.ts";

/** What differs between servers in PHP. */
interface PhpPeer extends Pick<ServerPeer, "name" | "stack" | "settings" | "packages"> {
  /** The script that answers, from this folder. */
  readonly source: string;
  /** The environment variable that names what rows come from. */
  readonly variable: string;
  /** An extension that it needs. */
  readonly extension?: string;
}

/** A script behind PHP's own web server with one process. */
export function phpPeer({ source, variable, extension, ...texts }: PhpPeer): ServerPeer {
  return {
    kind: "server",
    ...texts,
    exportPath: "/orders.csv",
    async findVersion(signal) {
      const text = await askVersion(["php", "--version"], signal);
      const isThere =
        extension === undefined || (await askVersion(["php", "--re", extension], signal)) !== null;
      return text === null || !isThere ? null : `PHP ${/^PHP (\d[\d.]*)/.exec(text)?.[1] ?? text}`;
    },
    async command({ rowsFrom }) {
      const port = await findFreePort();
      const server = ["php", "-q", "-d", "output_buffering=65536", "-S", `127.0.0.1:${port}`];
      return announce(port, ["env", `${variable}=${rowsFrom}`, ...server, sourceFile(source)]);
    },
  };
}
