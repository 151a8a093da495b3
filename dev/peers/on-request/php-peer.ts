import { findFreePort } from "../../../bench/subject/process/find-free-port.ts";
import { announce } from "../announce.ts";
import type { ServerPeer } from "../peer.ts";
import { askVersion, sourceFile } from "../run-program.ts";

/** PHP alone, without a framework. */
export const phpPeer: ServerPeer = {
  kind: "server",
  name: "php",
  stack: "PHP, fputcsv",
  settings:
    "`fputcsv` to `php://output`, with `output_buffering` of 64 KiB, behind PHP's own web server with one process. PHP reads the words anew for every request.",
  packages: ["php-cli"],
  exportPath: "/orders.csv",
  async findVersion(signal) {
    const text = await askVersion(["php", "--version"], signal);
    return text === null ? null : `PHP ${/^PHP (\d[\d.]*)/.exec(text)?.[1] ?? text}`;
  },
  async command({ rowsFrom }) {
    const port = await findFreePort();
    const server = ["php", "-q", "-d", "output_buffering=65536", "-S", `127.0.0.1:${port}`];
    return announce(port, ["env", `POOL=${rowsFrom}`, ...server, sourceFile("on-request/orders.php")]);
  },
};
