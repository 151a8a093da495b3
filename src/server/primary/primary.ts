import { createServer, type AddressInfo, type Server } from "node:net";
import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { isCodedError, StreamCsvError, toError } from "../../errors.ts";
import { SharedState } from "./state/shared-state.ts";
import { openSpoolFolder, type SpoolFolder } from "../../spool/folder/spool-folder.ts";
import { lastLinesMs, openLog, type Log } from "../shared/log.ts";
import type { RunningServer } from "../shared/running-server.ts";
import type { ServerSettings } from "../shared/settings.ts";
import { WorkerPool } from "./worker-pool.ts";

/** How often a draining server logs how many transfers are left. */
const drainLogIntervalMs = 2000;
/** How long workers may take to reset the connections of cut transfers. */
const cutGraceMs = 1000;

/** Makes the calling process the primary of a server; see `startServer`. */
export async function startPrimary(
  settings: ServerSettings,
  clock: Clock,
  signal?: AbortSignal,
): Promise<RunningServer> {
  signal?.throwIfAborted();
  const log = openLog(settings.log);
  const { configuration } = settings;
  if (configuration !== null) log.logger.info({ configuration }, `configuration ${configuration}`);
  const folder = await openSpoolFolder(settings, log.logger, clock, signal);
  const state = new SharedState(
    settings,
    folder.spool,
    clock,
    () => pool,
    () => log.droppedLines,
  );
  const pool: WorkerPool = new WorkerPool(settings, state, log.logger, clock);
  // A client may connect before the workers are ready; the pool lets it wait.
  const options = { pauseOnConnect: true, noDelay: true };
  const listener = createServer(options, (socket) => pool.accept(socket));
  await listen(listener, settings).catch(async (error: unknown) => {
    await pool.kill();
    await folder.close();
    throw error;
  });
  reportAcceptErrors(listener, log.logger, clock);
  const primary = new Primary(settings, listener, pool, state, log, folder);
  const stop = (): void => primary.kill();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    if (signal?.aborted === true) stop();
    await pool.start(settings.workers);
    signal?.throwIfAborted();
  } catch (error) {
    primary.kill();
    await primary.stopped;
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
  primary.started();
  return primary;
}

class Primary implements RunningServer {
  readonly url: string;
  readonly stopped: Promise<{ readonly cutTransfers: number }>;
  readonly #drainAsked = new AbortController();
  readonly #killAsked = new AbortController();
  #hasStarted = false;
  readonly #settings: ServerSettings;
  readonly #listener: Server;
  readonly #pool: WorkerPool;
  readonly #state: SharedState;
  readonly #log: Log;
  readonly #folder: SpoolFolder;

  constructor(
    settings: ServerSettings,
    listener: Server,
    pool: WorkerPool,
    state: SharedState,
    log: Log,
    folder: SpoolFolder,
  ) {
    this.#settings = settings;
    this.#listener = listener;
    this.#pool = pool;
    this.#state = state;
    this.#log = log;
    this.#folder = folder;
    this.url = urlOf(listener);
    this.stopped = this.#stopWhenAsked();
  }

  /** Logs that the server is ready. */
  started(): void {
    this.#hasStarted = true;
    const { workers, workerModel, slots } = this.#settings;
    this.#log.logger.info(
      { url: this.url, workers, workerModel, ...(workerModel === "async" ? { slots } : {}) },
      "listening",
    );
  }

  drain(): void {
    this.#drainAsked.abort();
  }

  kill(): void {
    this.#killAsked.abort();
    this.#drainAsked.abort();
  }

  async #stopWhenAsked(): Promise<{ readonly cutTransfers: number }> {
    await aborted(this.#drainAsked.signal);
    this.#pool.stopReplacing();
    if (!this.#killAsked.signal.aborted) await this.#drain();
    this.#listener.close();
    const refused = this.#pool.refuseWaiting();
    const cutTransfers = this.#state.transfers.running.length;
    if (cutTransfers > 0) await this.#cut();
    if (!this.#killAsked.signal.aborted) await Promise.race([refused, this.#pause(cutGraceMs)]);
    await this.#state.close();
    await this.#pool.kill();
    await this.#folder.close();
    // A start that failed is the caller's error; it never served.
    if (this.#hasStarted) this.#log.logger.info({ cutTransfers }, "stopped");
    await this.#log.flush(lastLinesMs);
    return { cutTransfers };
  }

  async #drain(): Promise<void> {
    const { drainTimeoutMs, shutdownDelayMs } = this.#settings;
    this.#log.logger.info(
      { transfers: this.#state.transfers.running.length, drainTimeoutMs, shutdownDelayMs },
      "draining",
    );
    for (const { link } of this.#pool.workers) link.note("unready", null);
    await this.#pause(shutdownDelayMs);
    // Connections in the kernel's backlog are accepted first, because closing the listener would reset them.
    await nextTurn();
    this.#listener.close();
    const counting = setInterval(() => {
      this.#log.logger.info({ transfers: this.#state.transfers.running.length }, "still draining");
    }, drainLogIntervalMs);
    await Promise.race([this.#drained(), this.#pause(drainTimeoutMs)]);
    clearInterval(counting);
  }

  /** Connections that wait for a worker are answered before the workers refuse new exports. */
  async #drained(): Promise<void> {
    await this.#pool.placement.drained();
    await Promise.allSettled(this.#pool.workers.map(({ link }) => link.call("drain", null)));
  }

  /** Lets the workers reset their running transfers, so that no client takes half a file for a whole one. */
  async #cut(): Promise<void> {
    const cut = Promise.allSettled(this.#pool.workers.map(({ link }) => link.call("cut", null)));
    await Promise.race([cut, pause(cutGraceMs, undefined, { ref: false })]);
  }

  /** Waits, but ends the wait when `kill` is called. */
  async #pause(milliseconds: number): Promise<void> {
    if (milliseconds === 0) return;
    await Promise.race([pause(milliseconds, undefined, { ref: false }), aborted(this.#killAsked.signal)]);
  }
}

async function listen(listener: Server, { host, port }: ServerSettings): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: unknown): void => {
      const message = `The server can't listen on ${host}, port ${port}: ${toError(error).message}.`;
      const isPort = isCodedError(error) && (error.code === "EADDRINUSE" || error.code === "EACCES");
      const hint = "Check --host: it is not an address of this machine.";
      reject(
        new StreamCsvError("SCSV_PORT_UNAVAILABLE", message, { cause: error, ...(isPort ? {} : { hint }) }),
      );
    };
    listener.once("error", refuse);
    listener.listen(port, host, () => {
      listener.off("error", refuse);
      resolve();
    });
  });
}

/** How often accept errors are logged: without free descriptors every connection causes one. */
const acceptLogIntervalMs = 10_000;

/** An accept error (ENFILE, ENOMEM) affects one connection, but without a listener it would end the server. */
function reportAcceptErrors(listener: Server, log: Logger, clock: Clock): void {
  let errors = 0;
  let loggedAtMs = Number.NEGATIVE_INFINITY;
  listener.on("error", (error) => {
    errors += 1;
    if (clock.nowMs() - loggedAtMs < acceptLogIntervalMs) return;
    loggedAtMs = clock.nowMs();
    log.error({ err: error, errors }, "connections could not be accepted");
    errors = 0;
  });
}

function urlOf(listener: Server): string {
  const { address, family, port } = listener.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
