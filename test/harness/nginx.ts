import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { endWithUs } from "./children.ts";

/** The example of docs/guides/deploy.md. */
export const nginxExample = fileURLToPath(
  new URL("../../../fixtures/nginx/stream-csv.conf", import.meta.url),
);

const program = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/bin/nginx", "/opt/homebrew/bin/nginx"].find(
  (path) => existsSync(path),
);

/** Why tests with nginx are skipped; false if it is installed. */
export const noNginx =
  program === undefined ? "nginx isn't installed: on Debian, apt-get install nginx-light" : false;

/** A running nginx. */
export interface Nginx extends AsyncDisposable {
  /** The Unix socket it listens on, which needs no free port. */
  readonly socketPath: string;
  /** Its error log so far. */
  log(): string;
}

/** Starts nginx in front of a server with the example configuration, some of whose lines are replaced. */
export async function startNginx(
  serverUrl: string,
  replacements: Readonly<Record<string, string>> = {},
): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-nginx-"));
  const socketPath = join(folder, "http.sock");
  let example = await readFile(nginxExample, "utf8");
  for (const [line, other] of Object.entries({
    "server 127.0.0.1:8080;": `server ${new URL(serverUrl).host};`,
    "listen 80;": `listen unix:${socketPath};`,
    ...replacements,
  })) {
    assert.ok(example.includes(line), `the example has no line "${line}"`);
    example = example.replace(line, other);
  }
  const configuration = join(folder, "nginx.conf");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  await writeFile(
    configuration,
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr info;
events { worker_connections 256; }
http { access_log off; ${temporary.join(" ")}
${example}}
`,
  );
  const child = spawn(program ?? "nginx", ["-p", folder, "-c", configuration], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  endWithUs(child);
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  const exited = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  while (!(await isListening(socketPath))) {
    if (child.exitCode !== null) {
      await stop();
      throw new Error(`nginx didn't start: ${log}`);
    }
    await sleep(20);
  }
  return { socketPath, log: () => log, [Symbol.asyncDispose]: stop };
}

async function isListening(socketPath: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(socketPath, () => {
      socket.destroy();
      resolve(true);
    }).on("error", () => resolve(false));
  });
}
