import { StreamCsvError, type Clock } from "../../src/index.ts";
import { readExport, type ExportReading, type ReadExportOptions } from "../load/read-export.ts";
import type { RunningTarget, Target } from "../target/target.ts";

/** How a body reaches the client. */
export type Delivery = "streaming" | "buffered" | "file";

/** What every measurement of a run has in common. */
export interface Session {
  readonly target: Target;
  readonly exportName: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** One export as it is asked for. */
export interface ExportRequest {
  readonly delivery: Delivery;
  readonly rows: number;
}

/**
 * Does something with a freshly started server and stops it, whatever happens.
 * A fault carries what the server last wrote.
 */
export async function withServer<T>(
  { target, signal }: Pick<Session, "target" | "signal">,
  use: (server: RunningTarget) => Promise<T>,
): Promise<T> {
  const server = await target.start(signal);
  try {
    return await use(server);
  } catch (fault) {
    throw explained(fault, server.lastWords());
  } finally {
    await server.stop();
  }
}

/** Reads one export of a server to its end. */
export function readFrom(
  session: Session,
  server: RunningTarget,
  request: ExportRequest,
  options: ReadExportOptions = {},
): Promise<ExportReading> {
  const { clock, signal } = session;
  return readExport(exportUrl(session, server, request), { clock, signal, ...options });
}

/**
 * Reads one export that has to be complete.
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when it is refused; the message quotes the answer
 */
export async function readWhole(
  session: Session,
  server: RunningTarget,
  request: ExportRequest,
  options: ReadExportOptions = {},
): Promise<ExportReading> {
  const reading = await readFrom(session, server, request, options);
  if (reading.state === "complete") return reading;
  const { href } = exportUrl(session, server, request);
  throw new StreamCsvError(
    "SCSV_MEASUREMENT_INVALID",
    `${href} answered ${reading.head.statusCode} instead of 200: ${reading.problem.slice(0, 500)}`,
  );
}

function exportUrl({ exportName }: Session, { origin }: RunningTarget, request: ExportRequest): URL {
  const url = new URL(`/exports/${encodeURIComponent(exportName)}.csv`, origin);
  url.searchParams.set("delivery", request.delivery);
  url.searchParams.set("rows", String(request.rows));
  return url;
}

/** A fault with what the server last wrote, since that often tells the cause. */
export function explained(fault: unknown, lastWords: string): unknown {
  if (!(fault instanceof StreamCsvError) || lastWords === "") return fault;
  const message = `${fault.message} The server's last words: ${lastWords}`;
  return new StreamCsvError(fault.code, message, { cause: fault, hint: fault.hint });
}
