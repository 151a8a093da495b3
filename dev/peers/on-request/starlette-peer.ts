import { findFreePort } from "../../../bench/subject/process/find-free-port.ts";
import type { ServerPeer } from "../peer.ts";
import { pythonCommand, pythonVersions } from "../python.ts";
import { askVersion, sourceFile } from "../run-program.ts";

/** Python's asynchronous servers. */
export const starlettePeer: ServerPeer = {
  kind: "server",
  name: "starlette, batched",
  stack: "Starlette, uvicorn, csv.writer",
  settings:
    "`StreamingResponse` over an asynchronous generator, which gives the text of 500 rows of `csv.writer` at a time; uvicorn with one process, no middleware.",
  packages: ["python3-starlette", "python3-uvicorn"],
  exportPath: "/orders.csv",
  findVersion: (signal) => askVersion(pythonVersions(["starlette", "uvicorn"]), signal),
  async command({ rowsFrom }) {
    const variables = ["env", `PORT=${await findFreePort()}`] as const;
    return [...variables, ...pythonCommand(), sourceFile("on-request/starlette_server.py"), rowsFrom, "500"];
  },
};
