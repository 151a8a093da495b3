/** A worker process: answers the clients whose sockets the primary hands to it. Started by the primary. */
import { randomUUID } from "node:crypto";
import type { Server } from "node:http";
import { Socket } from "node:net";
import type { Logger } from "pino";
import { systemClock } from "../clock.ts";
import { StreamCsvError } from "../errors.ts";
import { openCatalog, type Catalog } from "../export/catalog.ts";
import { EventLoopMeter } from "../metrics/event-loop.ts";
import { LoopDelay } from "../metrics/loop-delay.ts";
import { Occupancy } from "../metrics/occupancy.ts";
import type { WorkerNumbers } from "../metrics/server-stats.ts";
import { answerRequest } from "./route/app.ts";
import { makeHttpServer, openConnection } from "./route/http-server.ts";
import { exportRoutes } from "./route/export-routes.ts";
import { intakes, type Intake } from "./admission/intake.ts";
import { Life } from "./admission/life.ts";
import { Link, parentPort, sendableError } from "./process/ipc.ts";
import { createLog } from "./log.ts";
import type { PrimaryMethods, PrimaryNotes, WorkerMethods, WorkerNotes } from "./process/message.ts";
import { Router } from "./route/route.ts";
import { serviceRoutes } from "./route/service-routes.ts";
import type { ServerSettings } from "./settings.ts";
import { RunningTransfers } from "./transfer/transfer.ts";

/** A worker that has been told its settings. */
interface Running {
  readonly server: Server;
  readonly intake: Intake;
  readonly transfers: RunningTransfers;
}

/** What a worker last reported is what is known of it when it has died, or is busy for long. */
const reportIntervalMs = 1000;

const clock = systemClock;
const meter = new EventLoopMeter();
const delay = new LoopDelay();
const occupancy = new Occupancy(clock);
let running: Running | undefined;
const life = new Life();

const methods: WorkerMethods = {
  numbers,
  progress: () => running?.transfers.progress ?? [],
  drain,
  cut: async () => {
    // Who waits is refused first: a slot that comes free now would begin an export that nobody can finish.
    running?.intake.slots.close(new StreamCsvError("SCSV_DRAINING", "The server is shutting down."));
    running?.transfers.cancelAll();
    await drain();
  },
};
const notes: WorkerNotes = {
  start: (settings) => void start(settings),
  connection: (queueWaitSeconds, socket) =>
    running?.intake.accept(socket instanceof Socket ? socket : null, queueWaitSeconds),
  cancel: (id) => running?.transfers.get(id)?.cancel(),
  unready: () => life.unready(),
};
const primary = new Link<PrimaryMethods, PrimaryNotes>(parentPort(), methods, notes);

// A terminal's Ctrl-C, or its end, reaches every process of the group; when workers stop is the primary's to say.
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
process.once("disconnect", () => process.exit());

async function start(settings: ServerSettings): Promise<void> {
  try {
    const log = await createLog(settings.log);
    const catalog = await openServed(settings, log);
    const intake = intakes[settings.workerModel]({
      settings,
      occupancy,
      clock,
      open: (socket) => openConnection(server, socket),
      answer: (req, res) => answerRequest(req, res, { router, log, life, http: settings.http }),
      onFree: (heldSeconds) => primary.note("free", heldSeconds),
    });
    const { slots } = intake;
    const transfers = new RunningTransfers({ primary, log, clock, newId: randomUUID });
    const router = new Router([
      ...exportRoutes({ settings, catalog, slots, transfers, life }),
      ...serviceRoutes({ catalog, primary, life }),
    ]);
    const server = makeHttpServer(settings.http, log, (req, res) => intake.answer(req, res));
    server.maxRequestsPerSocket = intake.requestsPerConnection;
    running = { server, intake, transfers };
    setInterval(() => report(transfers), reportIntervalMs).unref();
    primary.note("ready", null);
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

/** Resolves when the last answer is given; connections that wait for a request are closed. */
async function drain(): Promise<void> {
  const drained = life.drain();
  running?.server.closeIdleConnections();
  await drained;
}

function report(transfers: RunningTransfers): void {
  primary.note("report", { numbers: numbers(), progress: transfers.newProgress() });
}

function numbers(): WorkerNumbers {
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    slots: running?.intake.slots.limit ?? 0,
    busySlots: occupancy.busy,
    queued: running?.intake.slots.queued ?? 0,
    heldSeconds: occupancy.heldSeconds,
    busySlotSeconds: occupancy.busySlotSeconds,
    queueWaitSeconds: running?.intake.slots.queueWaitSeconds ?? 0,
    loopSeconds: meter.loopSeconds,
    cpuSeconds: (user + system) / 1e6,
    gcSeconds: meter.gcSeconds,
    residentBytes: rss,
    peakResidentBytes: process.resourceUsage().maxRSS * 1024,
    heapUsedBytes: heapUsed,
    arrayBuffersBytes: arrayBuffers,
    loopDelayP50Seconds: delay.percentileSeconds(50),
    loopDelayP99Seconds: delay.percentileSeconds(99),
    loopDelayMaxSeconds: delay.maxSeconds,
  };
}
