import { copyFile, mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { ServerPeer, Workshop } from "./peer.ts";
import { askVersion, runProgram, sourceFile } from "./run-program.ts";

/** What differs between servers in Go. */
interface GoPeer extends Pick<ServerPeer, "name" | "stack" | "settings" | "packages"> {
  /** Its source beside `serve.go`, from this folder. */
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
      // Go takes the files of a program from one folder.
      const together = `${binary(workshop)}-sources`;
      await mkdir(together);
      const files = ["serve.go", source].map((name) => ({
        from: sourceFile(name),
        to: join(together, basename(name)),
      }));
      await Promise.all(files.map(({ from, to }) => copyFile(from, to)));
      await runProgram(["go", "build", "-o", binary(workshop), ...files.map(({ to }) => to)], {
        signal,
        environment: { ...environment, GOCACHE: join(workshop.folder, "go-cache") },
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
