import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { childEnvironment, type Ended, type StartOptions } from "./cli.ts";
import { endWithUs } from "./children.ts";

const program = fileURLToPath(new URL("../../fixtures/programs/commands-in-turn.js", import.meta.url));

/** A command, as it is sent to the program that runs it. */
export interface CommandInTurn {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Printed to both outputs when the command has ended. */
  readonly mark: string;
}

let child: ChildProcess | undefined;
let last: Promise<unknown> = Promise.resolve();
let count = 0;

// At the end of the test file, which would otherwise wait for it.
after(async () => {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.disconnect();
  await ended;
});

/**
 * Runs a command of the program to its end, in one process with the other commands of a test file and after them: a process
 * of its own takes ten times longer. It is for commands that read files, print and end. Use `runCli` for one that a signal
 * ends, that starts processes, or whose way to its outputs or to its end is what is tested.
 */
export function runCliInTurn(
  args: readonly string[],
  options: Omit<StartOptions, "under"> = {},
): Promise<Ended> {
  const running = last.then(() => run(args, options));
  last = running.catch(() => undefined);
  return running;
}

async function run(args: readonly string[], { cwd, env }: StartOptions): Promise<Ended> {
  child ??= start();
  const mark = `\0${(count += 1)}\0`;
  const stop = new AbortController();
  const outputs = [upTo(mark, child.stdout), upTo(mark, child.stderr)];
  const exited = once(child, "message", { signal: stop.signal });
  const died = once(child, "exit", { signal: stop.signal }).then(() => {
    throw new Error(`The process ended with the command ${JSON.stringify(args)}.`);
  });
  const command: CommandInTurn = { args, cwd: cwd ?? process.cwd(), env: childEnvironment(env), mark };
  child.send(command);
  try {
    const [[exitCode], stdout = "", stderr = ""] = await Promise.race([
      Promise.all([exited, ...outputs]),
      died,
    ]);
    return { exitCode: exitCode as number, signal: null, stdout, stderr };
  } finally {
    stop.abort();
    await Promise.allSettled([exited, died]);
  }
}

/** What a stream gives before a mark. */
function upTo(mark: string, stream: Readable | null): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const take = (more: string): void => {
      text += more;
      if (!text.endsWith(mark)) return;
      stream?.off("data", take);
      resolve(text.slice(0, -mark.length));
    };
    stream?.on("data", take);
  });
}

function start(): ChildProcess {
  const started = fork(program, { stdio: ["ignore", "pipe", "pipe", "ipc"] });
  for (const stream of [started.stdout, started.stderr]) stream?.setEncoding("utf8");
  endWithUs(started);
  return started;
}
