import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ExportProgress } from "../../body/encode-batches.ts";
import { StreamCsvError, toError } from "../../errors.ts";
import { Link, type Methods } from "../../ipc/link.ts";
import { LivenessWatch, tickInterval } from "../../ipc/liveness-watch.ts";
import { notStartedFault } from "../../ipc/not-started-fault.ts";
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
  /** How the process ended, once it has. */
  readonly exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | undefined;
}

/**
 * The signals that each such process ignores, since the primary decides what they mean, from the moment at which its program
 * runs. One that comes to the whole process group before that ends it, and it is started again.
 */
const ignoredSignals: ReadonlySet<string | null | undefined> = new Set(["SIGHUP", "SIGINT", "SIGTERM"]);
const mostStarts = 3;

/**
 * Makes a call to a new process of its own, so that it slows down nobody else. The process is gone when this settles. One
 * that hangs, or makes no progress, is killed.
 * @throws what the call throws; `SCSV_BUSY` when no process can be started at the moment; `SCSV_WORKER_FAILED` when it dies; the
 *   signal's reason when aborted
 */
export async function inMakerProcess<M extends Methods, T>(
  maker: MakerProcess,
  ask: (link: Link<M, MakerNotes>) => Promise<T>,
): Promise<T> {
  const { work, signal } = maker;
  for (let starts = 1; ; starts += 1) {
    signal.throwIfAborted();
    const child = await startMaker(maker);
    const { started, stop, exited } = watched<M>(child, maker);
    let grace: NodeJS.Timeout | undefined;
    const cancel = (): void => {
      started.link.note("cancel", null);
      grace = setTimeout(stop, cancelGraceMs);
    };
    const end = async (): Promise<void> => {
      signal.removeEventListener("abort", cancel);
      clearTimeout(grace);
      stop();
      await exited;
    };
    signal.addEventListener("abort", cancel, { once: true });
    try {
      return await ask(started.link);
    } catch (error) {
      await end();
      signal.throwIfAborted();
      if (!(error instanceof StreamCsvError) || error.code !== "SCSV_WORKER_FAILED") throw error;
      if (ignoredSignals.has(started.exit?.signal) && starts < mostStarts) continue;
      const message = `The process that ${work} ${started.endedFor ?? howItDied(started)}.`;
      throw new StreamCsvError("SCSV_WORKER_FAILED", message, { cause: error });
    } finally {
      await end();
    }
  }
}

async function startMaker({ program, work }: MakerProcess): Promise<ChildProcess> {
  try {
    const child = fork(fileURLToPath(program), {
      execArgv: [...nodeFlags],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    // Node throws for a lack of memory; any other reason not to start is an event.
    if (child.pid === undefined) await once(child, "spawn");
    return child;
  } catch (error) {
    throw notStartedFault(work, toError(error));
  }
}

/** The signal tells a lack of memory, for which the kernel kills, from a fault of the program. */
function howItDied({ exit }: Pick<Started<Methods>, "exit">): string {
  return `died (${exit?.signal ?? `exit code ${exit?.code}`})`;
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
    exit: undefined as Started<M>["exit"],
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
    child.once("exit", (code, signal) => (started.exit = { code, signal }));
    child.once("close", onExit).once("error", onExit);
  });
  return { started, stop, exited };
}
