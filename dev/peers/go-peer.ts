import { join } from "node:path";
import type { ServerPeer, Workshop } from "./peer.ts";
import { askVersion, runProgram, sourceFile } from "./run-program.ts";

/** What differs between servers in Go. */
interface GoPeer extends Pick<ServerPeer, "name" | "stack" | "settings" | "packages"> {
  /** Its only source, from this folder. */
  readonly source: string;
  /** A Go package that it imports, and Debian's package of its source. */
  readonly library?: string;
}

/** Where Debian's packages of Go sources are. */
const goPath = "/usr/share/gocode";

/** A server in Go, compiled once, which gets what rows come from as its argument. */
export function goPeer({ source, library, ...texts }: GoPeer): ServerPeer {
  // Leaves no files behind, and downloads nothing.
  const environment = { GO111MODULE: "off", GOPROXY: "off", GOFLAGS: "", GOPATH: goPath };
  const binary = ({ folder }: Workshop): string => join(folder, source.replaceAll(/[/.]/g, "-"));
  return {
    kind: "server",
    ...texts,
    exportPath: "/orders.csv",
    async findVersion(signal) {
      const text = await askVersion(["go", "version"], signal);
      if (text === null) return null;
      const isThere = library === undefined || (await hasLibrary(library, environment, signal));
      return isThere ? `Go ${/\bgo(\d\S*)/.exec(text)?.[1] ?? text}` : null;
    },
    async prepare(workshop, signal) {
      const cache = { GOCACHE: join(workshop.folder, "go-cache") };
      await runProgram(["go", "build", "-o", binary(workshop), sourceFile(source)], {
        signal,
        environment: { ...environment, ...cache },
      });
    },
    command: (workshop) => Promise.resolve([binary(workshop), workshop.rowsFrom]),
  };
}

async function hasLibrary(
  library: string,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<boolean> {
  return runProgram(["go", "list", library], { signal, environment }).then(
    () => true,
    () => {
      signal.throwIfAborted();
      return false;
    },
  );
}
