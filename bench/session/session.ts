import { setTimeout as sleep } from "node:timers/promises";
import { StreamCsvError, type Clock } from "../../src/ground.ts";
import { readExport, type ExportReading, type ReadExportOptions } from "../load/read-export.ts";
import type { ResponseHead } from "../load/response-head.ts";
import type { Observer } from "../probe/observed-work.ts";
import { withoutPasswords } from "../subject/without-passwords.ts";
import type { ExportRequest, MadeJob, RunningTarget, Target } from "../subject/target.ts";

/** What every measurement of a run has in common. */
export interface Session {
  /** The export that `stream-csv` servers are asked for; other targets have an address of their own. */
  readonly exportName: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What is measured beside the servers, such as their database. @default none */
  readonly observers?: readonly Observer[];
  /** How long nothing may come of an export until it has failed. @default 60 s */
  readonly idleTimeoutMs?: number;
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
    throw await withLastWords(fault, { server, target });
  } finally {
    await server.stop();
  }
}

/**
 * Reads one export of a server to its end. Where only rows have to be equal, they take the place of the checksum. Of a job
 * the times begin with its submission.
 */
export function readFrom(served: ServedExport, options: ReadExportOptions = {}): Promise<ExportReading> {
  return served.request.delivery === "job"
    ? readJob(served, options)
    : readAt(urlOf(served), served, options);
}

/** Has the job of an export made; null for an export that is not a job. */
export async function makeJobOf({ session, server, request }: ServedExport): Promise<MadeJob | null> {
  if (request.delivery !== "job") return null;
  if (server.makeJob === undefined) throw new Error("a target without jobs is measured by a job");
  return await server.makeJob(session.exportName, request.rows, session);
}

/** Reads the result of a job that was made. */
export async function readMade(
  { url, submitMs, waitMs }: MadeJob,
  served: ServedExport,
  options: ReadExportOptions = {},
): Promise<ExportReading> {
  const reading = await readAt(url, served, options);
  const madeMs = submitMs + waitMs;
  const { firstByteMs, totalMs } = reading;
  return {
    ...reading,
    firstByteMs: firstByteMs === null ? null : madeMs + firstByteMs,
    totalMs: madeMs + totalMs,
  };
}

async function readJob(served: ServedExport, options: ReadExportOptions): Promise<ExportReading> {
  const made = await makeJobOf(served);
  if (made === null) throw new Error("an export that is not a job is read as one");
  return await readMade(made, served, options);
}

function readAt(url: URL, served: ServedExport, options: ReadExportOptions): Promise<ExportReading> {
  const { session, server, request } = served;
  const { clock, signal, idleTimeoutMs } = session;
  const limits = idleTimeoutMs === undefined ? {} : { idleTimeoutMs };
  const form = { ...server.form, ...server.exportForm?.(request) };
  const counted = options.checksum === true && server.equality === "rows" ? { count: true } : {};
  return readExport(url, { clock, signal, ...limits, ...form, ...counted, ...options });
}

/**
 * Reads one export that has to be complete.
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when it is refused; the message quotes the answer
 */
export async function readWhole(
  served: ServedExport,
  options: ReadExportOptions = {},
): Promise<ExportReading> {
  return requireComplete(served, await readFrom(served, options));
}

/** @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` for a reading that was refused; the message quotes the answer */
export function requireComplete(served: ServedExport, reading: ExportReading): ExportReading {
  if (reading.state === "complete") return reading;
  throw new StreamCsvError("SCSV_MEASUREMENT_INVALID", `${urlOf(served).href} ${refusalText(reading)}.`, {
    hint: reading.problem.includes("SCSV_BAD_PARAMETER")
      ? "Give the parameters of the export by --param NAME=VALUE, or by parameters of bench in the configuration."
      : "The server has to answer 200 with the rows.",
  });
}

const mostQuoted = 300;

/**
 * What a server answered instead of an export, as it continues "the address …": status, what explains it, first line.
 * @param asked the address, to be named where it is most likely wrong and the sentence doesn't begin with it
 */
export function refusalText(
  { head, problem }: Pick<ExportReading, "head" | "problem">,
  asked: URL | null = null,
): string {
  const place = asked !== null && head.statusCode === 404 ? ` at ${asked.href}` : "";
  const location = head.headers.get("location");
  const challenge = head.headers.get("www-authenticate");
  const isPage = isHtml(head, problem);
  // Of a page only its words are worth reading, and of them the first.
  const words = isPage ? problem.replaceAll(/<(style|script)\b[^]*?(<\/\1>|$)|<[^>]*>/gi, "\n") : problem;
  const line = words.split(/[\r\n]+/).find((text) => text.trim() !== "");
  return [
    `answered ${head.statusCode} instead of 200${place}`,
    ...(location === undefined
      ? []
      : [`with a redirect to ${withoutValues(location)}, which bench doesn't follow`]),
    ...(challenge === undefined ? [] : [`asking for ${challenge}; give its credentials with --header`]),
    ...(line === undefined
      ? []
      : [`${isPage ? "with the page" : "saying"}: ${line.trim().slice(0, mostQuoted)}`]),
  ].join(", ");
}

/** An address without the values of its query: those of a signed link are secret, and results are read by others. */
function withoutValues(location: string): string {
  const [address = "", query] = withoutPasswords(location).split(/[?#]([^]*)/);
  if (query === undefined || query === "") return address;
  return `${address}?${query
    .split("&")
    .map((pair) => (pair.includes("=") ? `${pair.split("=", 1)[0] ?? ""}=…` : "…"))
    .join("&")}`;
}

/** How pages begin, behind comments and the declaration of XML. */
const pageOpening =
  /^\s*(?:<!--(?:[^-]|-(?!->))*-->\s*|<\?xml[^>]*>\s*)*<(?:!doctype\s+html|html|head|body)\b/i;

/** Whether an answer is a page for people, by its type or its beginning. */
export function isHtml({ headers }: ResponseHead, opening: string): boolean {
  const type = headers.get("content-type") ?? "";
  return /^(text\/html|application\/xhtml)/i.test(type) || pageOpening.test(opening);
}

/** The address of an export. */
export function urlOf({ session, server, request }: ServedExport): URL {
  return server.exportUrl(session.exportName, request);
}

/** A server that dies is noticed by its connections before its end and its last lines are. */
const lastWordsMs = 100;

/** An error with the name of the target and what its server last wrote, which often tells the cause. */
export async function withLastWords(
  fault: unknown,
  {
    server,
    target,
  }: { readonly server: RunningTarget; readonly target: Pick<Target, "name" | "isStreamCsv"> },
): Promise<unknown> {
  if (!(fault instanceof StreamCsvError) || fault.code !== "SCSV_MEASUREMENT_INVALID") return fault;
  await sleep(lastWordsMs);
  const lastWords = server.lastWords();
  const isNamed = target.isStreamCsv || fault.message.includes(target.name);
  const message = [
    ...(isNamed ? [] : [`${target.name}:`]),
    fault.message,
    ...(lastWords === "" ? [] : [lastWords]),
  ];
  return new StreamCsvError(fault.code, message.join(" "), { cause: fault, hint: fault.hint });
}
