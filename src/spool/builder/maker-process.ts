import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ExportProgress } from "../../body/encode-batches.ts";
import { StreamCsvError } from "../../errors.ts";
import { Link, type Methods } from "../../ipc/link.ts";
import { LivenessWatch, tickInterval } from "../../ipc/liveness-watch.ts";
import { OrphanGuard } from "../../ipc/orphan-guard.ts";
import { nodeFlags } from "../../ipc/node-flags.ts";
import { neverRejects } from "../../never-rejects.ts";
import type { MakerHostNotes, MakerNotes } from "./builder-messages.ts";

/** When a process that makes something is killed. */
export interface MakerLimits {
  /** How long it may take to answer a ping. */
  readonly hangTimeoutMs: number;
  /** How long it may run without progress. That a database is at work counts as progress. */
  readonly stallTimeoutMs: number;
}

/** The limits of every process that makes a result. */
const usualLimits: MakerLimits = { hangTimeoutMs: 30_000, stallTimeoutMs: 300_000 };

/** How long a process may take to release its source, so that a database ends the query, before it is killed. */
const cancelGraceMs = 2000;

/** A process to start, and what it is for. */
export interface MakerProcess {
  /** The address of its program. */
  readonly program: string;
  /** What it does, in the past tense, for messages: `wrote the file of "orders"`. */
  readonly work: string;
  /** What it may call here. */
  readonly host: Methods;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ExportProgress) => void;
  readonly limits?: MakerLimits;
}

/** A started process, and why it was killed before the end. */
interface Started<M extends Methods> {
  readonly link: Link<M, MakerNotes>;
  readonly endedFor: string | undefined;
}

/**
 * Makes a call to a new process of its own, so that it slows down nobody else. The process is gone when this settles. One
 * that hangs, or makes no progress, is killed.
 * @throws what the call throws; `SCSV_WORKER_FAILED` when the process dies; the signal's reason when aborted
 */
export async function inMakerProcess<M extends Methods, T>(
  maker: MakerProcess,
  ask: (link: Link<M, MakerNotes>) => Promise<T>,
): Promise<T> {
  const { program, work, signal } = maker;
  signal.throwIfAborted();
  const child = fork(fileURLToPath(program), {
    execArgv: [...nodeFlags],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  if (child.pid === undefined) throw await notStarted(child, work);
  const { started, stop, exited } = watched<M>(child, maker);
  let grace: NodeJS.Timeout | undefined;
  const cancel = (): void => {
    started.link.note("cancel", null);
    grace = setTimeout(stop, cancelGraceMs);
  };
  signal.addEventListener("abort", cancel, { once: true });
  try {
    return await ask(started.link);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof StreamCsvError) || error.code !== "SCSV_WORKER_FAILED") throw error;
    const message = `The process that ${work} ${started.endedFor ?? "died"}.`;
    throw new StreamCsvError("SCSV_WORKER_FAILED", message, { cause: error });
  } finally {
    signal.removeEventListener("abort", cancel);
    clearTimeout(grace);
    stop();
    await exited;
  }
}

/** Kills a process that doesn't answer, or reports no progress, within the limits. */
function watched<M extends Methods>(
  child: ChildProcess,
  { host, onProgress, limits = usualLimits }: MakerProcess,
): { readonly started: Started<M>; readonly stop: () => void; readonly exited: Promise<void> } {
  const { hangTimeoutMs, stallTimeoutMs } = limits;
  let progressAtMs = performance.now();
  const notes: MakerHostNotes = {
    progress: (progress) => {
      progressAtMs = performance.now();
      if (progress !== null) onProgress?.(progress);
    },
  };
  const started = {
    link: new Link<M, MakerNotes>(child, host, notes),
    endedFor: undefined as string | undefined,
  };
  const stop = (): void => {
    child.kill("SIGKILL");
  };
  const end = (reason: string): void => {
    started.endedFor ??= reason;
    stop();
  };
  const guard = new OrphanGuard();
  const watch = new LivenessWatch(
    {
      ping: () => started.link.ping(),
      onSilent: () => {
        if (child.pid !== undefined) guard.begin(child.pid);
      },
      onAnswer: () => neverRejects(guard.end()),
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
      started.link.close();
      neverRejects(guard.end().then(resolve));
    };
    child.once("close", onExit).once("error", onExit);
  });
  return { started, stop, exited };
}

async function notStarted(child: ChildProcess, work: string): Promise<StreamCsvError> {
  const [cause] = (await once(child, "error")) as [Error];
  const message = `The process that should have ${work} could not be started: ${cause.message}.`;
  return new StreamCsvError("SCSV_WORKER_FAILED", message, { cause });
}
