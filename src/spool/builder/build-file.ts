import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { StreamCsvError } from "../../errors.ts";
import type { BuiltFile, SpoolRoom } from "../spool-file.ts";
import { Link, type Notes } from "../../ipc/link.ts";
import { LivenessWatch, tickInterval } from "../../ipc/liveness-watch.ts";
import { nodeFlags } from "../../ipc/node-flags.ts";
import type {
  BuilderHostMethods,
  BuilderHostNotes,
  BuilderMethods,
  BuildRequest,
} from "./builder-messages.ts";

/** When a builder is killed. */
export interface BuildLimits {
  /** How long the builder may take to answer a ping. */
  readonly hangTimeoutMs: number;
  /** How long the builder may run without progress; a database may have to sort first. */
  readonly stallTimeoutMs: number;
}

const usualLimits: BuildLimits = { hangTimeoutMs: 30_000, stallTimeoutMs: 300_000 };

/** A process that builds one file, and why it was killed before the end. */
interface Builder {
  readonly link: Link<BuilderMethods, Notes>;
  readonly endedFor: string | undefined;
}

/**
 * Builds a spool file in its own process, so that it slows down no worker. The process is gone when this settles. A
 * builder that hangs, or makes no progress, is killed.
 * @throws what the build throws; `SCSV_WORKER_FAILED` when the process dies; the signal's reason when aborted
 */
export async function buildFile(
  request: BuildRequest,
  room: SpoolRoom,
  signal: AbortSignal,
  limits: BuildLimits = usualLimits,
): Promise<BuiltFile> {
  const host: BuilderHostMethods = {
    reserve: ({ atLeast, wanted }) => room.reserve(atLeast, wanted),
    freeDisk: () => room.freeDisk(),
  };
  const work = `wrote the file of "${request.name}"`;
  return await inBuilder(work, host, signal, limits, (link) => link.call("build", request));
}

/** Computes the SHA-256 of a file, hexadecimal, in its own process too. */
export async function digestFile(
  path: string,
  signal: AbortSignal,
  limits: BuildLimits = usualLimits,
): Promise<string> {
  return await inBuilder("checked a prepared file", {}, signal, limits, (link) => link.call("digest", path));
}

async function inBuilder<T>(
  work: string,
  host: Partial<BuilderHostMethods>,
  signal: AbortSignal,
  limits: BuildLimits,
  ask: (link: Builder["link"]) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const child = fork(fileURLToPath(new URL("./builder.js", import.meta.url)), {
    execArgv: [...nodeFlags],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  if (child.pid === undefined) throw await notStarted(child, work);
  const { builder, stop, exited } = watched(child, host, limits);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await ask(builder.link);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StreamCsvError && error.code === "SCSV_WORKER_FAILED")
      throw new StreamCsvError(
        "SCSV_WORKER_FAILED",
        `The process that ${work} ${builder.endedFor ?? "died"}.`,
        {
          cause: error,
        },
      );
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
    await exited;
  }
}

/** Kills a builder that doesn't answer, or reports no progress, within the limits. */
function watched(
  child: ChildProcess,
  host: Partial<BuilderHostMethods>,
  { hangTimeoutMs, stallTimeoutMs }: BuildLimits,
): { readonly builder: Builder; readonly stop: () => void; readonly exited: Promise<void> } {
  let progressAtMs = performance.now();
  const notes: BuilderHostNotes = {
    progress: () => {
      progressAtMs = performance.now();
    },
  };
  const builder = {
    link: new Link<BuilderMethods, Notes>(child, host, notes),
    endedFor: undefined as string | undefined,
  };
  const stop = (): void => {
    child.kill("SIGKILL");
  };
  const end = (reason: string): void => {
    builder.endedFor ??= reason;
    stop();
  };
  const watch = new LivenessWatch(
    {
      ping: () => builder.link.ping(),
      onSilent: () => undefined,
      onAnswer: () => undefined,
      onHung: () => end(`didn't answer for ${hangTimeoutMs / 1000} s`),
    },
    Math.ceil(hangTimeoutMs / tickInterval(hangTimeoutMs)),
  );
  const watching = setInterval(() => {
    watch.tick();
    if (performance.now() - progressAtMs > stallTimeoutMs)
      end(`made no progress for ${stallTimeoutMs / 1000} s`);
  }, tickInterval(hangTimeoutMs)).unref();
  const exited = new Promise<void>((resolve) => {
    const onExit = (): void => {
      clearInterval(watching);
      builder.link.close();
      resolve();
    };
    child.once("close", onExit).once("error", onExit);
  });
  return { builder, stop, exited };
}

async function notStarted(child: ChildProcess, work: string): Promise<StreamCsvError> {
  const [cause] = (await once(child, "error")) as [Error];
  const message = `The process that should have ${work} could not be started: ${cause.message}.`;
  return new StreamCsvError("SCSV_WORKER_FAILED", message, { cause });
}
