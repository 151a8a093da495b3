import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { StreamCsvError } from "../../errors.ts";
import type { BuiltFile } from "../../spool/spool.ts";
import { Link, type Notes } from "./ipc.ts";
import { LivenessWatch, tickInterval } from "./liveness-watch.ts";
import { nodeFlags } from "./node-flags.ts";
import type { BuilderHostMethods, BuilderMethods, BuildRequest } from "./message.ts";

/** When a builder is given up. */
export interface BuildLimits {
  /** How long it may take to answer. */
  readonly hangTimeoutMs: number;
  /** How long it may take to write something more; a database may have to sort first. */
  readonly stallTimeoutMs: number;
}

const usualLimits: BuildLimits = { hangTimeoutMs: 30_000, stallTimeoutMs: 300_000 };

/**
 * Builds a spool file in a process of its own, so that no worker pays for it; the process is gone when this settles. One that
 * hangs, or gets no further, is killed.
 * @throws what the build throws; `SCSV_WORKER_FAILED` when the process dies; the signal's reason when aborted
 */
export async function buildFile(
  request: BuildRequest,
  reserve: (bytes: number) => void,
  signal: AbortSignal,
  { hangTimeoutMs, stallTimeoutMs }: BuildLimits = usualLimits,
): Promise<BuiltFile> {
  signal.throwIfAborted();
  const child = fork(fileURLToPath(new URL("../builder.js", import.meta.url)), {
    execArgv: [...nodeFlags],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  if (child.pid === undefined) throw await notStarted(child, request);
  let progressAtMs = performance.now();
  const hostMethods: BuilderHostMethods = {
    reserve: (bytes) => {
      progressAtMs = performance.now();
      reserve(bytes);
    },
  };
  const link = new Link<BuilderMethods, Notes>(child, hostMethods, {});
  let why: string | undefined;
  const end = (reason: string): void => {
    why ??= reason;
    stop();
  };
  const watch = new LivenessWatch(
    {
      ping: () => link.ping(),
      onSilent: () => undefined,
      onAnswer: () => undefined,
      onHung: () => end(`didn't answer for ${hangTimeoutMs / 1000} s`),
    },
    Math.ceil(hangTimeoutMs / tickInterval(hangTimeoutMs)),
  );
  const watching = setInterval(() => {
    watch.tick();
    if (performance.now() - progressAtMs > stallTimeoutMs)
      end(`wrote nothing for ${stallTimeoutMs / 1000} s`);
  }, tickInterval(hangTimeoutMs)).unref();
  const exited = new Promise<void>((resolve) => {
    child.once("close", () => {
      link.close();
      resolve();
    });
    child.once("error", () => resolve());
  });
  const stop = (): void => {
    child.kill("SIGKILL");
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await link.call("build", request);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StreamCsvError && error.code === "SCSV_WORKER_FAILED") {
      throw new StreamCsvError(
        "SCSV_WORKER_FAILED",
        `The process that wrote the file of "${request.name}" ${why ?? "died"}.`,
        { cause: error },
      );
    }
    throw error;
  } finally {
    clearInterval(watching);
    signal.removeEventListener("abort", stop);
    stop();
    await exited;
  }
}

async function notStarted(child: ChildProcess, { name }: BuildRequest): Promise<StreamCsvError> {
  const [cause] = (await once(child, "error")) as [Error];
  const message = `The process that should write the file of "${name}" could not be started: ${cause.message}.`;
  return new StreamCsvError("SCSV_WORKER_FAILED", message, { cause });
}
