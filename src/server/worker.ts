/** A worker process: answers the clients whose sockets the primary hands to it. Started by the primary. */
import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { IncomingMessage, Server } from "node:http";
import { systemClock } from "../clock.ts";
import { StreamCsvError } from "../errors.ts";
import { openCatalog, type Catalog } from "../export/catalog.ts";
import { Occupancy } from "../metrics/occupancy.ts";
import type { WorkerNumbers } from "../metrics/server-stats.ts";
import { answerRequest } from "./route/app.ts";
import { makeHttpServer, openConnection } from "./route/http-server.ts";
import { exportRoutes } from "./route/export-routes.ts";
import { intakes, type Intake } from "./admission/intake.ts";
import { Life } from "./admission/life.ts";
import { Link, parentPort, sendableError, type Received } from "./process/ipc.ts";
import { lastLinesMs, openLog, type Log } from "./log.ts";
import type { PrimaryMethods, PrimaryNotes, WorkerMethods, WorkerNotes } from "./process/message.ts";
import { Router } from "./route/route.ts";
import { serviceRoutes } from "./route/service-routes.ts";
import type { ServerSettings } from "./settings.ts";
import { RunningTransfers } from "./transfer/transfer.ts";
import { ClientSockets } from "./admission/client-sockets.ts";
import { WorkerMeter } from "./worker-numbers.ts";

/** A worker that has been told its settings. */
interface Running {
  readonly log: Log;
  readonly server: Server;
  readonly intake: Intake;
  readonly transfers: RunningTransfers;
}

/** What a worker last reported is what is known of it when it has died, or is busy for long. */
const reportIntervalMs = 500;
/** How long kept connections stay open after their holders could be told that they are closed. */
const idleGraceMs = 500;
/** How long connections that were answered may take to be closed. */
const closeLimitMs = 1000;

const clock = systemClock;
const occupancy = new Occupancy(clock);
const meter = new WorkerMeter(occupancy);
const sockets = new ClientSockets();
let running: Running | undefined;
const life = new Life();

const methods: WorkerMethods = {
  numbers,
  progress: () => running?.transfers.progress ?? [],
  drain: async () => {
    life.unready();
    await sockets.gone("all", idleGraceMs);
    await drain();
  },
  cut: async () => {
    // Who waits is refused first: a slot that comes free now would begin an export that nobody can finish.
    running?.intake.slots.close(new StreamCsvError("SCSV_DRAINING", "The server is shutting down."));
    running?.transfers.cancelAll();
    await drain();
  },
};
const notes: WorkerNotes = {
  start: (settings) => void start(settings),
  connection: accept,
  cancel: (id) => running?.transfers.get(id)?.cancel(),
  unready: () => life.unready(),
};
const primary = new Link<PrimaryMethods, PrimaryNotes>(parentPort(), methods, notes);

// A terminal's Ctrl-C, or its end, reaches every process of the group; when workers stop is the primary's to say.
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
process.once("disconnect", () => void endAlone());

async function start(settings: ServerSettings): Promise<void> {
  try {
    const log = openLog(settings.log);
    const { logger } = log;
    // Node's own way to tell of a warning waits for the reader of standard error; see nodeFlags.
    process.on("warning", (warning) => logger.warn({ err: warning }, "a warning of Node"));
    const catalog = await openServed(settings, logger);
    const intake = intakes[settings.workerModel]({
      settings,
      occupancy,
      clock,
      open: (socket) => openConnection(server, socket),
      answer: (req, res) =>
        answerRequest(req, res, { router, log: logger, life, http: settings.http, needsLength }),
      onFree: (heldSeconds) => primary.note("free", heldSeconds),
    });
    // Nobody would reset a connection that has spoken HTTP/1.1 before, and now ends with its body.
    const needsLength = (req: IncomingMessage): boolean =>
      req.httpVersionMinor === 0 && (settings.http10 === "length" || !sockets.isShared(req.socket));
    const { slots } = intake;
    const transfers = new RunningTransfers({ primary, log: logger, clock, newId: randomUUID });
    const router = new Router([
      ...exportRoutes({ settings, catalog, slots, transfers, life }),
      ...serviceRoutes({ catalog, primary, life }),
    ]);
    const server = makeHttpServer(settings.http, logger, (req, res) => {
      // From HTTP/1.1 on a body shows by itself whether it is whole.
      if (req.httpVersionMinor > 0) sockets.take(req.socket);
      return intake.answer(req, res);
    });
    server.maxRequestsPerSocket = intake.requestsPerConnection;
    running = { log, server, intake, transfers };
    setInterval(() => report(transfers), reportIntervalMs).unref();
    primary.note("ready", numbers());
  } catch (error) {
    // Ended by the primary, which closes the channel once it knows why.
    primary.note("failed", sendableError(error));
  }
}

/** Opens what is served; a file that can't be read keeps a server from starting, but not a worker from being replaced. */
async function openServed(settings: ServerSettings, log: Logger): Promise<Catalog> {
  const { sources, generated, skipUnreadable } = settings;
  const catalog = await openCatalog({ files: sources, ...(generated === null ? {} : { generated }) });
  if (!skipUnreadable) {
    await catalog.requireReadable();
    return catalog;
  }
  for (const { path, error } of catalog.faults) log.warn({ path, err: error }, "a file can't be read");
  return catalog;
}

function accept(queueWaitSeconds: number, { socket, take, giveBack }: Received): void {
  if (socket === undefined) giveBack();
  else sockets.add(socket, { take, onClosed: (count) => primary.note("connectionsClosed", count) });
  running?.intake.accept(socket ?? null, queueWaitSeconds);
}

/** Resolves when the last answer is given; connections that wait for a request are closed. */
async function drain(): Promise<void> {
  const drained = life.drain();
  running?.server.closeIdleConnections();
  await drained;
  await sockets.gone("shared", closeLimitMs);
  await running?.log.flush(lastLinesMs);
}

/** Without a primary nobody takes care of what a half body looks like, nor of this process. */
async function endAlone(): Promise<void> {
  sockets.resetShared();
  await running?.log.flush(lastLinesMs);
  process.exit();
}

function report(transfers: RunningTransfers): void {
  primary.note("report", { numbers: numbers(), progress: transfers.newProgress() });
}

function numbers(): WorkerNumbers {
  return meter.read(running?.intake.slots, running?.log.droppedLines ?? 0);
}
