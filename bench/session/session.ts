import { StreamCsvError, type Clock } from "../../src/ground.ts";
import { readExport, type ExportReading, type ReadExportOptions } from "../load/read-export.ts";
import type { ExportRequest, RunningTarget, Target } from "../subject/target.ts";

/** What every measurement of a run has in common. */
export interface Session {
  /** The export that `stream-csv` servers are asked for; other targets have an address of their own. */
  readonly exportName: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** One export of one running server: what every measurement takes. */
export interface ServedExport {
  readonly session: Session;
  readonly server: RunningTarget;
  readonly request: ExportRequest;
}

/**
 * Does something with a freshly started server and stops it, whatever happens.
 * An error carries what the server last wrote.
 */
export async function withServer<T>(
  { target, signal, rows }: Pick<Session, "signal"> & { readonly target: Target; readonly rows: number },
  use: (server: RunningTarget) => Promise<T>,
): Promise<T> {
  const server = await target.start(signal, rows);
  try {
    return await use(server);
  } catch (fault) {
    throw withLastWords(fault, server.lastWords());
  } finally {
    await server.stop();
  }
}

/** Reads one export of a server to its end. */
export function readFrom(served: ServedExport, options: ReadExportOptions = {}): Promise<ExportReading> {
  const { clock, signal } = served.session;
  return readExport(urlOf(served), { clock, signal, ...options });
}

/**
 * Reads one export that has to be complete.
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when it is refused; the message quotes the answer
 */
export async function readWhole(
  served: ServedExport,
  options: ReadExportOptions = {},
): Promise<ExportReading> {
  const reading = await readFrom(served, options);
  if (reading.state === "complete") return reading;
  throw new StreamCsvError(
    "SCSV_MEASUREMENT_INVALID",
    `${urlOf(served).href} answered ${reading.head.statusCode} instead of 200: ${reading.problem.slice(0, 500)}`,
  );
}

function urlOf({ session, server, request }: ServedExport): URL {
  return server.exportUrl(session.exportName, request);
}

/** An error with what the server last wrote, which often tells the cause. */
export function withLastWords(fault: unknown, lastWords: string): unknown {
  if (!(fault instanceof StreamCsvError) || lastWords === "") return fault;
  const message = `${fault.message} The server's last words: ${lastWords}`;
  return new StreamCsvError(fault.code, message, { cause: fault, hint: fault.hint });
}
