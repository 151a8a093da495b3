import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findFreePort } from "../bench/subject/process/find-free-port.ts";

const program = [
  "/usr/bin/redis-server",
  "/usr/local/bin/redis-server",
  "/opt/homebrew/bin/redis-server",
].find((path) => existsSync(path));

/** What is missing where Redis can't be started; false if it is installed. */
export const noRedis =
  program === undefined ? "redis-server isn't installed: on Debian, apt-get install redis-server" : false;

/** A Redis of one's own, which keeps its data in an append-only file. */
export interface RedisServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Ends it at once. */
  kill(): Promise<void>;
  /** Starts it again with the data it had. */
  start(): Promise<void>;
  /** Stops it from answering, or lets it answer again. */
  freeze(isFrozen: boolean): void;
  /** Sends one command, and gives the answer as Redis writes it. */
  command(...words: readonly string[]): Promise<string>;
}

/** Starts a Redis on a free port of the loopback interface. It ends at the latest with this process. */
export async function startRedis({ password }: { readonly password?: string } = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-redis-"));
  const port = await findFreePort();
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const flags = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes"];
    const secret = password === undefined ? [] : ["--requirepass", password];
    child = spawn(program ?? "redis-server", [...flags, "--save", "", ...secret], { stdio: "ignore" });
    while (!(await isListening(port))) {
      if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
      await sleep(20);
    }
  };
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  const killOnExit = (): void => void child?.kill("SIGKILL");
  process.once("exit", killOnExit);
  await start();
  const user = password === undefined ? "" : `:${encodeURIComponent(password)}@`;
  return {
    url: `redis://${user}127.0.0.1:${port}`,
    port,
    kill,
    start,
    freeze: (isFrozen) => {
      child?.kill(isFrozen ? "SIGSTOP" : "SIGCONT");
    },
    command: (...words) => sendCommand(port, words),
    [Symbol.asyncDispose]: async () => {
      process.off("exit", killOnExit);
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Sends a command and closes: Redis answers QUIT after it, and then ends the connection. */
async function sendCommand(port: number, words: readonly string[]): Promise<string> {
  const socket = connect(port, "127.0.0.1").setEncoding("utf8");
  socket.write(
    `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`,
  );
  socket.end("QUIT\r\n");
  let answer = "";
  for await (const text of socket) answer += String(text);
  return answer.replace(/\+OK\r\n$/, "");
}

async function isListening(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    }).on("error", () => resolve(false));
  });
}
