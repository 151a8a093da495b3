import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { LoadConnection } from "../load-connection.ts";

/** The example of docs/guides/deploy.md. */
const example = fileURLToPath(new URL("../../../../fixtures/nginx/stream-csv.conf", import.meta.url));
const programs = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/bin/nginx"];

/** An nginx in front of a server, with two configurations. */
export interface Nginx extends AsyncDisposable {
  /** The socket of the documented configuration. */
  readonly documented: string;
  /** The socket of a configuration with nginx's defaults, including HTTP/1.0 to the server. */
  readonly byDefault: string;
}

const readyWithinMs = 10_000;

/**
 * Starts nginx in front of a server on a local port, with all its files in a folder. @throws Error if it isn't
 * installed or doesn't start
 */
export async function startNginx(folder: string, serverPort: number): Promise<Nginx> {
  const program = programs.find((path) => existsSync(path));
  if (program === undefined)
    throw new Error("nginx isn't installed. On Debian, use: apt-get install nginx-light.");
  await mkdir(folder);
  const [documented, byDefault] = [join(folder, "documented.sock"), join(folder, "default.sock")];
  const server = `127.0.0.1:${serverPort}`;
  const configuration = join(folder, "nginx.conf");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const shown = (await readFile(example, "utf8"))
    .replace("server 127.0.0.1:8080;", `server ${server};`)
    .replace("listen 80;", `listen unix:${documented};`)
    // The example lets only exports pass; clients here ask for health and transfers, too.
    .replace("location ~ ^/(exports|jobs)(/|$) {", "location ~ ^/ {");
  await writeFile(
    configuration,
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log crit;
events { worker_connections 512; }
http { access_log off; ${temporary.join(" ")}
${shown}
server { listen unix:${byDefault}; location / { proxy_pass http://${server}; } }
}
`,
  );
  const child = spawn(program, ["-p", folder, "-c", configuration], { stdio: ["ignore", "ignore", "pipe"] });
  let problem = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (problem += text));
  const ended = once(child, "exit").catch(() => undefined);
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await ended;
  };
  const endsAtMs = performance.now() + readyWithinMs;
  while (!(await isListening(byDefault))) {
    if (child.exitCode === null && performance.now() < endsAtMs) {
      await sleep(50);
      continue;
    }
    await stop();
    throw new Error(`nginx could not be started: ${problem}`);
  }
  return { documented, byDefault, [Symbol.asyncDispose]: stop };
}

async function isListening(path: string): Promise<boolean> {
  const connection = await LoadConnection.open({ path });
  connection?.leave("close");
  return connection !== undefined;
}
