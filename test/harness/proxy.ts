import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { findFreePort } from "../../bench/subject/process/find-free-port.ts";
import { endWithUs } from "./children.ts";
import { startServe, type ServeProcess } from "./cli.ts";

/** The address of a proxy. */
export type Address = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/** A running proxy. */
export interface Proxy extends AsyncDisposable {
  readonly address: Address;
}

/** A kind of proxy, and how to start it in front of a server. */
export interface ProxyKind {
  /** The example of docs/guides/deploy.md. */
  readonly example: string;
  /** Why tests with it are skipped; false if it is installed. */
  readonly skip: string | false;
  /** Whether it passes the trailers of HTTP/1.1 on. */
  readonly passesTrailers: boolean;
  /** Whether a client of HTTP/1.1 gets the cut of a stream as an error. */
  readonly passesCuts: boolean;
  /** Starts it with the example configuration, some of whose lines are replaced. */
  start(serverUrl: string, replacements?: Readonly<Record<string, string>>): Promise<Proxy>;
}

const examples = new URL("../../../fixtures/", import.meta.url);

const haproxyExample = fileURLToPath(new URL("haproxy/stream-csv.cfg", examples));
const haproxyProgram = programAt("haproxy");
export const haproxy: ProxyKind = {
  example: haproxyExample,
  skip: haproxyProgram === undefined ? "HAProxy isn't installed: on Debian, apt-get install haproxy" : false,
  passesTrailers: true,
  passesCuts: true,
  async start(serverUrl, replacements = {}) {
    const folder = await mkdtemp(join(tmpdir(), "stream-csv-haproxy-"));
    const socketPath = join(folder, "http.sock");
    const configuration = join(folder, "haproxy.cfg");
    const text = await exampleWith(haproxyExample, {
      ...replacements,
      "bind :80": `bind unix@${socketPath}${replacements["bind :80"] ?? ""}`,
      "127.0.0.1:8080": new URL(serverUrl).host,
    });
    await writeFile(configuration, text);
    return await run(haproxyProgram ?? "", ["-db", "-f", configuration], folder, { socketPath });
  },
};

const apacheExample = fileURLToPath(new URL("apache/stream-csv.conf", examples));
const apacheProgram = programAt("apache2") ?? programAt("httpd");
const apacheModules = ["/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules"].find(
  (path) => existsSync(path),
);
export const apache: ProxyKind = {
  example: apacheExample,
  skip:
    apacheProgram === undefined || apacheModules === undefined
      ? "Apache httpd isn't installed: on Debian, apt-get install apache2"
      : false,
  passesTrailers: false,
  passesCuts: true,
  async start(serverUrl, replacements = {}) {
    const folder = await mkdtemp(join(tmpdir(), "stream-csv-apache-"));
    // Apache listens on no Unix socket.
    const port = await findFreePort();
    const configuration = join(folder, "httpd.conf");
    const example = await exampleWith(apacheExample, {
      ...replacements,
      "http://127.0.0.1:8080/": `${serverUrl}/`,
    });
    const modules = ["mpm_event", "authz_core", "proxy", "proxy_http"].map(
      (name) => `LoadModule ${name}_module ${apacheModules}/mod_${name}.so\n`,
    );
    // If root starts it, its processes run as another user.
    const user = process.getuid?.() === 0 ? "User nobody\nGroup nogroup\n" : "";
    await writeFile(
      configuration,
      `ServerRoot ${folder}\nServerName test\nPidFile ${folder}/pid\nDefaultRuntimeDir ${folder}\nMutex file:${folder}
ErrorLog ${folder}/error.log\nListen 127.0.0.1:${port}\n${modules.join("")}${user}
<VirtualHost 127.0.0.1:${port}>\n${example}</VirtualHost>\n`,
    );
    const args = ["-DFOREGROUND", "-f", configuration];
    return await run(apacheProgram ?? "", args, folder, { host: "127.0.0.1", port });
  },
};

const varnishExample = fileURLToPath(new URL("varnish/stream-csv.vcl", examples));
const varnishProgram = programAt("varnishd");
export const varnish: ProxyKind = {
  example: varnishExample,
  skip: varnishProgram === undefined ? "Varnish isn't installed: on Debian, apt-get install varnish" : false,
  passesTrailers: false,
  passesCuts: true,
  async start(serverUrl, replacements = {}) {
    const folder = await mkdtemp(join(tmpdir(), "stream-csv-varnish-"));
    const socketPath = join(folder, "http.sock");
    const configuration = join(folder, "default.vcl");
    const { hostname, port } = new URL(serverUrl);
    const text = await exampleWith(varnishExample, {
      ...replacements,
      '"127.0.0.1"': `"${hostname}"`,
      '"8080"': `"${port}"`,
    });
    await writeFile(configuration, text);
    const args = ["-F", "-j", "none", "-n", join(folder, "work"), "-T", "none", "-s", "malloc,16m"];
    return await run(varnishProgram ?? "", [...args, "-a", socketPath, "-f", configuration], folder, {
      socketPath,
    });
  },
};

const squidExample = fileURLToPath(new URL("squid/stream-csv.conf", examples));
const squidProgram = programAt("squid");
export const squid: ProxyKind = {
  example: squidExample,
  skip: squidProgram === undefined ? "Squid isn't installed: on Debian, apt-get install squid" : false,
  passesTrailers: false,
  passesCuts: true,
  async start(serverUrl, replacements = {}) {
    const folder = await mkdtemp(join(tmpdir(), "stream-csv-squid-"));
    const port = await findFreePort();
    const configuration = join(folder, "squid.conf");
    const { hostname, port: serverPort } = new URL(serverUrl);
    const text = await exampleWith(squidExample, {
      ...replacements,
      "http_port 80 ": `http_port 127.0.0.1:${port} `,
      "127.0.0.1 parent 8080": `${hostname} parent ${serverPort}`,
    });
    await writeFile(
      configuration,
      `${text}pid_filename none\ncache_log /dev/null\naccess_log none\ncoredump_dir none\npinger_enable off\nshutdown_lifetime 0 seconds\n`,
    );
    const address = { host: "127.0.0.1", port };
    return await run(squidProgram ?? "", ["-N", "-d", "1", "-f", configuration], folder, address);
  },
};

const caddyExample = fileURLToPath(new URL("caddy/Caddyfile", examples));
const caddyProgram = programAt("caddy");
export const caddy: ProxyKind = {
  example: caddyExample,
  skip: caddyProgram === undefined ? "Caddy isn't installed: on Debian, apt-get install caddy" : false,
  passesTrailers: false,
  // Caddy 2.6 ends such a stream cleanly; later versions abort it.
  passesCuts: false,
  async start(serverUrl, replacements = {}) {
    const folder = await mkdtemp(join(tmpdir(), "stream-csv-caddy-"));
    const port = await findFreePort();
    const configuration = join(folder, "Caddyfile");
    const text = await exampleWith(caddyExample, {
      ...replacements,
      "http://exports.example.com {": `http://localhost:${port} {\n\tbind 127.0.0.1`,
      "127.0.0.1:8080": new URL(serverUrl).host,
    });
    await writeFile(configuration, `{\n\tadmin off\n}\n${text}`);
    const args = ["run", "--adapter", "caddyfile", "--config", configuration];
    return await run(caddyProgram ?? "", args, folder, { host: "127.0.0.1", port });
  },
};

async function exampleWith(file: string, replacements: Readonly<Record<string, string>>): Promise<string> {
  let text = await readFile(file, "utf8");
  for (const [part, other] of Object.entries(replacements)) {
    assert.ok(text.includes(part), `the example has no "${part}"`);
    text = text.replaceAll(part, other);
  }
  return text;
}

/** Starts a proxy in the foreground, and waits until it listens. */
async function run(
  program: string,
  args: readonly string[],
  folder: string,
  address: Address,
): Promise<Proxy> {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  endWithUs(child);
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const exited = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  while (!(await isListening(address))) {
    if (child.exitCode !== null) {
      await stop();
      throw new Error(`${program} didn't start: ${said}`);
    }
    await sleep(20);
  }
  return { address, [Symbol.asyncDispose]: stop };
}

/** A server with the generated exports and `faulty`, whose last row fails by `formulas=reject`, long after the head has left. */
export async function serveFaultyExport(): Promise<ServeProcess> {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-proxy-test-"));
  const rows = Array.from({ length: 60_000 }, (_, row) => `${row},"a text of some length, number ${row}"\n`);
  await writeFile(join(folder, "faulty.csv"), `id,note\n${rows.join("")}60000,=1+1\n`);
  const server = await startServe([join(folder, "faulty.csv"), "--generated"]);
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A request to a proxy. */
interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request to a proxy and waits for the head of the answer. */
export async function ask(
  address: Address,
  path: string,
  { method = "GET", headers = {} }: Asked = {},
): Promise<IncomingMessage> {
  const req = request({
    ...address,
    path,
    method,
    headers: { Host: "localhost", ...headers },
    agent: false,
  }).end();
  const [response] = (await once(req, "response")) as [IncomingMessage];
  return response;
}

/** Reads the body, and says whether the client considers it complete. */
export async function readBody(
  response: IncomingMessage,
): Promise<{ readonly body: Buffer; readonly isWhole: boolean }> {
  const chunks: Buffer[] = [];
  response.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", () => undefined);
  await new Promise<void>((resolve) => response.once("close", () => resolve()));
  return { body: Buffer.concat(chunks), isWhole: response.complete };
}

/** Opens a connection to a proxy. */
export function connectTo(address: Address): Socket {
  return "socketPath" in address ? connect(address.socketPath) : connect(address.port, address.host);
}

async function isListening(address: Address): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connectTo(address)
      .on("connect", () => {
        socket.destroy();
        resolve(true);
      })
      .on("error", () => resolve(false));
  });
}

function programAt(name: string): string | undefined {
  return ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"]
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}
