import { join } from "node:path";
import type { Peer, Workshop } from "./peer.ts";
import { askVersion, runProgram, sourceFile } from "./run-program.ts";

/** Go's standard library only. */
export const goPeer: Peer = {
  name: "go",
  stack: "Go, net/http and encoding/csv",
  settings:
    "net/http, encoding/csv and strconv, compiled once; one `bufio.Writer` of 64 KiB a response, which csv.Writer uses as its own; one slice of strings for all rows. GOMAXPROCS and GOGC as they come, so that its garbage collector may use every core.",
  packages: ["golang-go"],
  exportPath: "/orders.csv",
  async findVersion(signal) {
    const text = await askVersion(["go", "version"], signal);
    return text === null ? null : `Go ${/\bgo(\d\S*)/.exec(text)?.[1] ?? text}`;
  },
  async prepare(workshop, signal) {
    await runProgram(["go", "build", "-o", binary(workshop), sourceFile("go-server.go")], {
      signal,
      // Uses only the standard library, and leaves no files behind.
      environment: {
        GO111MODULE: "off",
        GOPROXY: "off",
        GOFLAGS: "",
        GOCACHE: join(workshop.folder, "go-cache"),
      },
    });
  },
  command: (workshop) => Promise.resolve([binary(workshop), workshop.poolFile]),
};

function binary({ folder }: Workshop): string {
  return join(folder, "go-server");
}
