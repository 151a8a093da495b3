import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { ServerPeer } from "./peer.ts";

/** What differs between servers on Node. */
interface NodePeer extends Pick<ServerPeer, "name" | "stack" | "settings"> {
  /** The built program, from this folder. */
  readonly program: string;
  /** The packages whose versions are given. */
  readonly libraries: readonly string[];
}

/** A server on Node, which gets what rows come from as its argument. */
export function nodePeer({ program, libraries, ...texts }: NodePeer): ServerPeer {
  const path = fileURLToPath(new URL(program, import.meta.url));
  return {
    kind: "server",
    ...texts,
    packages: [],
    exportPath: "/orders.csv",
    async findVersion() {
      const versions = await Promise.all(libraries.map(versionOf));
      return [`Node ${process.versions.node}`, ...versions].join(", ");
    },
    command: ({ rowsFrom }) => Promise.resolve([process.execPath, path, rowsFrom]),
  };
}

/** Name and version of an installed package. */
export async function versionOf(name: string): Promise<string> {
  const text = await readFile(new URL(`../../../node_modules/${name}/package.json`, import.meta.url), "utf8");
  const { version } = JSON.parse(text) as { readonly version: string };
  return `${name} ${version}`;
}
