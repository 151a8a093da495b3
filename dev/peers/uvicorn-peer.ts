import { findFreePort } from "../../bench/subject/process/find-free-port.ts";
import type { ServerPeer } from "./peer.ts";
import { pythonCommand, pythonVersions } from "./python.ts";
import { askVersion, sourceFile } from "./run-program.ts";

/** What differs between servers on uvicorn. */
interface UvicornPeer extends Pick<ServerPeer, "name" | "stack" | "settings"> {
  /** The program, from this folder. */
  readonly source: string;
  readonly rowsPerPiece: number;
  /** Python packages whose versions are given, by the name under which they are imported. */
  readonly libraries: readonly string[];
  /** Debian's packages of them, beside uvicorn. */
  readonly packages: readonly string[];
}

/** A program in Python that runs uvicorn with one process, which gets what rows come from as its argument. */
export function uvicornPeer({
  source,
  rowsPerPiece,
  libraries,
  packages,
  ...texts
}: UvicornPeer): ServerPeer {
  return {
    kind: "server",
    ...texts,
    packages: [...packages, "python3-uvicorn"],
    exportPath: "/orders.csv",
    findVersion: (signal) => askVersion(pythonVersions([...libraries, "uvicorn"]), signal),
    async command({ rowsFrom }) {
      const variables = ["env", `PORT=${await findFreePort()}`] as const;
      return [...variables, ...pythonCommand(), sourceFile(source), rowsFrom, String(rowsPerPiece)];
    },
  };
}
