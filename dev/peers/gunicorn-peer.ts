import { dirname } from "node:path";
import type { ServerPeer } from "./peer.ts";
import { pythonCommand, pythonVersions } from "./python.ts";
import { askVersion, sourceFile } from "./run-program.ts";

/** What differs between servers on gunicorn. */
interface GunicornPeer extends Pick<ServerPeer, "name" | "stack" | "settings"> {
  /** The module with `create_application`, from this folder. */
  readonly source: string;
  /** null for the whole text in one piece, before the answer begins. */
  readonly rowsPerPiece: number | null;
  /** Python packages whose versions are given, by the name under which they are imported. */
  readonly libraries: readonly string[];
  /** Debian's packages of them, beside gunicorn. */
  readonly packages: readonly string[];
}

/** An application in Python on gunicorn with one sync worker, which gets what rows come from as its argument. */
export function gunicornPeer({
  source,
  rowsPerPiece,
  libraries,
  packages,
  ...texts
}: GunicornPeer): ServerPeer {
  const module = sourceFile(source);
  const name = source.replace(/^.*\/|\.py$/g, "");
  return {
    kind: "server",
    ...texts,
    packages: [...packages, "gunicorn"],
    exportPath: "/orders.csv",
    findVersion: (signal) => askVersion(pythonVersions([...libraries, "gunicorn"]), signal),
    command: ({ rowsFrom }) => {
      const gunicorn = [
        ...pythonCommand(),
        "-m",
        "gunicorn",
        "--config",
        sourceFile("gunicorn.conf.py"),
      ] as const;
      const application = `${name}:create_application(${JSON.stringify(rowsFrom)}, ${rowsPerPiece ?? "None"})`;
      return Promise.resolve([...gunicorn, "--chdir", dirname(module), application]);
    },
  };
}
