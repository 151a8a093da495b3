import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findFreePort } from "../../../bench/subject/process/find-free-port.ts";
import { announce } from "../announce.ts";
import type { ServerPeer } from "../peer.ts";
import { askVersion, runProgram, sourceFile, streamCsvProgram } from "../run-program.ts";

/** Debian installs it in a folder that is only on root's path. */
const nginx = "/usr/sbin/nginx";

/** An existing file, sent by the kernel: an upper bound for servers that make their rows. */
export const nginxPeer: ServerPeer = {
  kind: "server",
  name: "nginx",
  stack: "nginx, a file",
  settings:
    "Our export of the same rows as a file made before, with `sendfile` and `tcp_nopush`, one worker process, no access log. The file is in the page cache. Making it is not in the numbers.",
  packages: ["nginx-light"],
  exportPath: "/orders.csv",
  async findVersion(signal) {
    const text = await askVersion([nginx, "-v"], signal);
    return text === null ? null : `nginx ${/nginx\/(\S+)/.exec(text)?.[1] ?? text}`;
  },
  async provideRows({ folder }, rows, signal) {
    const file = join(folder, `orders-${rows}.csv`);
    const options = ["export", "orders", "--rows", String(rows), "--seed", "1", "--output", file];
    await runProgram([process.execPath, streamCsvProgram, "--log-level", "warn", ...options], { signal });
  },
  async command({ folder }) {
    // nginx doesn't accept port 0.
    const port = await findFreePort();
    const template = await readFile(sourceFile("on-request/nginx.conf"), "utf8");
    const file = join(folder, "nginx.conf");
    await writeFile(file, template.replaceAll("{port}", String(port)).replaceAll("{folder}", folder));
    return announce(port, [nginx, "-e", "stderr", "-c", file]);
  },
};
