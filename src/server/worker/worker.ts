/** A worker process, started by the primary: answers the clients whose sockets the primary hands to it. */
import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import { settleWithin } from "../../async/settle-within.ts";
import { systemClock } from "../../clock.ts";
import { StreamCsvError } from "../../errors.ts";
import { openCatalog, type Catalog } from "../../export/catalog.ts";
import { Occupancy } from "../../admission/occupancy.ts";
import type { WorkerNumbers } from "../metrics/server-stats.ts";
import { AccessControl, type AccessSettings } from "../access/access-control.ts";
import { CallerSlots } from "./admission/caller-slots.ts";
import { answerRequest } from "./route/answer-request.ts";
import { makeHttpServer, openConnection } from "../http/http-server.ts";
import { TlsAcceptor } from "../http/tls-acceptor.ts";
import { makePorts } from "./route/ports.ts";
import { lowestSocket } from "../../socket/lowest-socket.ts";
import { clientAdmissions, type ClientAdmission } from "./admission/client-admission.ts";
import { WorkerState } from "./admission/worker-state.ts";
import { Link, type Received } from "../../ipc/link.ts";
import { parentPort } from "../../ipc/port.ts";
import { sendableError } from "../../ipc/sent-error.ts";
import { lastLinesMs, openLog, type Log } from "../shared/log.ts";
import type {
  Arrival,
  PrimaryMethods,
  PrimaryNotes,
  WorkerMethods,
  WorkerNotes,
  WorkerSettings,
} from "../protocol/messages.ts";
import type { ServerSettings } from "../shared/settings.ts";
import { RunningTransfers } from "./transfer/transfer.ts";
import { openTracing } from "./tracing/open-tracing.ts";
import type { Tracing } from "./tracing/transfer-span.ts";
import { ClientSockets } from "./admission/client-sockets.ts";
import { WorkerMeter } from "./worker-meter.ts";

/** The parts of a worker that has received its settings. */
interface Running {
  readonly log: Log;
  readonly catalog: Catalog;
  readonly server: Server;
  readonly admission: ClientAdmission;
  readonly transfers: RunningTransfers;
  readonly tracing: Tracing;
  readonly access: AccessControl;
  /** Undefined without TLS. */
  readonly tls: TlsAcceptor | undefined;
}

/** How often a worker reports. The last report counts when the worker has died, or is busy for long. */
const reportIntervalMs = 500;
/** How long idle connections stay open while draining, so that a last answer can tell the client about the close. */
const idleGraceMs = 500;
/** How long answered connections may take to close. */
const closeLimitMs = 1000;
/** How long the last spans of a trace may take to be exported. */
const lastSpansMs = 2000;

const clock = systemClock;
const occupancy = new Occupancy(clock);
const meter = new WorkerMeter(occupancy);
const sockets = new ClientSockets();
/** Connections that came by the port of numbers and transfers. */
const adminSockets = new WeakSet<Socket>();
let running: Running | undefined;
/** What has replaced parts of the settings; it may come while this worker starts with the earlier ones. */
let replaced: Partial<Pick<WorkerSettings, keyof AccessSettings | "certificates">> = {};
const workerState = new WorkerState();

const methods: WorkerMethods = {
  numbers,
  progress: () => running?.transfers.progress ?? [],
  drain: async () => {
    workerState.unready();
    await sockets.gone("all", idleGraceMs);
    await drain();
  },
  cut: async () => {
    // Waiting exports are refused first; otherwise a freed slot would start an export that can't finish.
    running?.admission.slots.close(new StreamCsvError("SCSV_DRAINING", "The server is shutting down."));
    running?.transfers.cancelAll();
    await drain();
  },
};
const notes: WorkerNotes = {
  start: (settings) => void start(settings),
  connection: accept,
  access: (access) => {
    replaced = { ...replaced, ...access };
    running?.access.replace(access);
  },
  certificates: (certificates) => {
    replaced = { ...replaced, certificates };
    running?.tls?.replace(certificates);
  },
  cancel: (id) => running?.transfers.get(id)?.cancel(),
  unready: () => workerState.unready(),
};
const primary = new Link<PrimaryMethods, PrimaryNotes>(
  parentPort(),
  methods,
  notes,
  () => new StreamCsvError("SCSV_DRAINING", "The server's first process has ended, and this one ends too."),
);

// A terminal's Ctrl-C, or its end, signals every process of the group, but the primary decides when workers stop.
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
process.once("disconnect", () => void endAlone());

async function start(settings: WorkerSettings): Promise<void> {
  try {
    const log = openLog(settings.log);
    const { logger } = log;
    // Node itself would write a warning synchronously to standard error; see workerFlags.
    process.on("warning", (warning) => logger.warn({ err: warning }, "Node warning"));
    // Before the sources are opened, so that instrumentations see the packages that these load.
    const tracing = await openTracing(settings.tracing, logger);
    const catalog = await openServed(settings, logger);
    const admission = clientAdmissions[settings.workerModel]({
      settings,
      occupancy,
      clock,
      open: (socket) => {
        if (tls === undefined || adminSockets.has(socket)) openConnection(server, socket);
        else tls.accept(socket);
      },
      answer: (req, res) => answerRequest(req, res, answering),
      onFree: (heldSeconds) => primary.note("free", heldSeconds),
    });
    // The primary can't reset a connection that spoke HTTP/1.1 before, so its HTTP/1.0 bodies need a length.
    const needsLength = (req: IncomingMessage): boolean =>
      req.httpVersionMinor === 0 &&
      (settings.http10 === "length" || !sockets.isShared(lowestSocket(req.socket)));
    const slots = new CallerSlots(admission.slots, primary);
    const transfers = new RunningTransfers({ primary, log: logger, clock, newId: randomUUID });
    const ports = makePorts({ settings, catalog, slots, transfers, tracing, workerState, primary });
    // Nothing waits from here until this worker runs, so no replacement can come between.
    const current = { ...settings, ...replaced };
    const access = new AccessControl(current, logger, clock);
    const answering = {
      port: (req: IncomingMessage) => ports[adminSockets.has(lowestSocket(req.socket)) ? "admin" : "public"],
      access,
      clock,
      log: logger,
      workerState,
      http: settings.http,
      needsLength,
    };
    const server = makeHttpServer(settings.http, logger, (req, res) => {
      // The framing of HTTP/1.1 shows whether a body is complete.
      if (req.httpVersionMinor > 0) sockets.take(lowestSocket(req.socket));
      return admission.answer(req, res);
    });
    server.maxRequestsPerSocket = admission.requestsPerConnection;
    const { certificates } = current;
    const tls =
      certificates === null
        ? undefined
        : new TlsAcceptor({
            certificates,
            handshakeTimeoutMs: settings.http.headTimeoutMs,
            log: logger,
            onSecure: (socket) => openConnection(server, socket),
          });
    running = { log, catalog, server, admission, transfers, tracing, access, tls };
    setInterval(() => report(transfers), reportIntervalMs).unref();
    primary.note("ready", numbers());
  } catch (error) {
    // The primary ends this process when it has the error.
    primary.note("failed", sendableError(error));
  }
}

/** Opens the sources. An unreadable file keeps the server from starting, but not a replacement worker. */
async function openServed(settings: ServerSettings, log: Logger): Promise<Catalog> {
  const { sources, generated, skipUnreadable, queueTimeoutMs } = settings;
  const catalog = await openCatalog({
    sources,
    queueTimeoutMs,
    clock,
    ...(generated === null ? {} : { generated }),
  });
  if (!skipUnreadable) {
    await catalog.requireReadable();
    return catalog;
  }
  for (const { title, error } of catalog.faults) log.warn({ err: error }, `${title} can't be read`);
  return catalog;
}

function accept({ queueWaitSeconds, isAdmin, address }: Arrival, { socket, take, giveBack }: Received): void {
  if (socket === undefined) giveBack();
  else {
    sockets.add(socket, { address, take, onClosed: (closed) => primary.note("connectionsClosed", closed) });
    if (isAdmin) adminSockets.add(socket);
  }
  running?.admission.accept(socket ?? null, queueWaitSeconds);
}

/** Closes idle connections; resolves when the last request is answered. */
async function drain(): Promise<void> {
  const drained = workerState.drain();
  running?.server.closeIdleConnections();
  await drained;
  await sockets.gone("shared", closeLimitMs);
  await flushSpans();
  await running?.log.flush(lastLinesMs);
}

/** The exporter of a trace may be away; that mustn't keep the server from stopping. */
async function flushSpans(): Promise<void> {
  if (running === undefined) return;
  const { tracing, log } = running;
  await settleWithin(tracing.flush(), lastSpansMs, (error) =>
    log.logger.warn({ err: error }, "the last spans couldn't be exported"),
  );
}

/** Ends this process after the primary died, and resets connections on which a partial body could look complete. */
async function endAlone(): Promise<void> {
  sockets.resetShared();
  await flushSpans();
  await running?.log.flush(lastLinesMs);
  process.exit();
}

function report(transfers: RunningTransfers): void {
  primary.note("report", { numbers: numbers(), progress: transfers.newProgress() });
}

function numbers(): WorkerNumbers {
  return meter.read(
    running?.admission.slots,
    running?.catalog.databases ?? [],
    running?.log.droppedLines ?? 0,
  );
}
