import type { Random } from "../../../bench/internal.ts";
import type { GeneratedExportName } from "../../../src/internal.ts";
import { pick } from "../pick.ts";
import { knownDialects, type KnownDialect, type KnownText, type KnownTexts } from "../subject/known-texts.ts";
import { fileKinds, type SourceKind, type SourceFiles } from "../subject/source-files.ts";

/** The deliveries. */
export const requestedDeliveries = ["streaming", "buffered", "file"] as const;
type Delivery = (typeof requestedDeliveries)[number];

/** The kinds of export: generated ones, and those of a file. */
export type AskedExport =
  | { readonly generated: GeneratedExportName; readonly rows: number; readonly seed: number }
  | { readonly file: SourceKind; readonly rows: number | undefined };

/** A request for an export. */
export interface DownloadRequest {
  readonly method: "GET" | "HEAD";
  readonly asked: AskedExport;
  readonly delivery: Delivery;
  readonly dialect: KnownDialect;
  readonly httpVersion: "1.1" | "1.0";
  readonly isKept: boolean;
  readonly acceptsGzip: boolean;
  readonly acceptsTrailers: boolean;
  /** First and last byte, of a prepared file. */
  readonly range: readonly [number, number] | undefined;
}

/**
 * The rows of each generated export: none, a few, as many as a buffer holds, and more than the kernel's buffers hold.
 */
const generatedRows: Readonly<Record<GeneratedExportName, readonly number[]>> = {
  orders: [0, 1, 1000, 20_000, 60_000, 200_000],
  wide: [20, 1000],
  text: [10, 300],
  numbers: [100, 20_000],
};
/** The spool bounds prepared files, and memory bounds buffered bodies; the server correctly refuses larger ones. */
const mostRowsPrepared = 60_000;
/** Ranges are requested only from files small enough to be kept in memory. */
const rangeRows = 10_000;

/** A random request of a client. `isPlain` leaves out options that only a direct HTTP/1.0 client uses. */
export function randomRequest(random: Random, isPlain: boolean): DownloadRequest {
  const delivery = pick(random, requestedDeliveries);
  const wantsRange = delivery === "file" && random() < 0.3;
  const httpVersion = !isPlain && random() < 0.3 ? "1.0" : "1.1";
  const asked = randomExport(random, delivery, wantsRange);
  const first = Math.floor(random() * 20_000);
  return {
    method: random() < 0.08 ? "HEAD" : "GET",
    asked,
    delivery,
    dialect: pick(random, knownDialects),
    httpVersion,
    isKept: random() < 0.6,
    acceptsGzip: delivery === "streaming" && random() < 0.2,
    acceptsTrailers: random() < 0.3,
    range: wantsRange ? [first, first + Math.floor(random() * 200_000)] : undefined,
  };
}

function randomExport(random: Random, delivery: Delivery, wantsRange: boolean): AskedExport {
  const isPrepared = delivery !== "streaming";
  if (random() < 0.5) {
    const file = pick(random, fileKinds);
    const isShort = wantsRange || random() < 0.3;
    return { file, rows: isShort ? rangeRows : undefined };
  }
  const generated = pick(random, Object.keys(generatedRows) as GeneratedExportName[]);
  if (wantsRange) return { generated: "orders", rows: rangeRows, seed: 1 };
  const rows = generatedRows[generated].filter((count) => !isPrepared || count <= mostRowsPrepared);
  // Prepared files have many seeds, so that the spool is always full and changing.
  return { generated, rows: pick(random, rows), seed: 1 + Math.floor(random() * 3) };
}

/** The head of a request as it is sent. */
export function requestText(request: DownloadRequest, files: SourceFiles): string {
  const { httpVersion, isKept, range } = request;
  const fields: string[] = ["Host: 127.0.0.1"];
  if (httpVersion === "1.0" && isKept) fields.push("Connection: keep-alive");
  if (httpVersion === "1.1" && !isKept) fields.push("Connection: close");
  if (request.acceptsGzip) fields.push("Accept-Encoding: gzip");
  if (request.acceptsTrailers) fields.push("TE: trailers");
  if (range !== undefined) fields.push(`Range: bytes=${range[0]}-${range[1]}`);
  const lines = [`${request.method} ${targetOf(request, files)} HTTP/${httpVersion}`, ...fields];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** The path and query of a request. */
function targetOf({ asked, delivery, dialect }: DownloadRequest, files: SourceFiles): string {
  const query = new URLSearchParams({ delivery, dialect });
  if (asked.rows !== undefined) query.set("rows", String(asked.rows));
  if ("generated" in asked) query.set("seed", String(asked.seed));
  const name = "generated" in asked ? asked.generated : files.exportOf(asked.file);
  return `/exports/${name}.csv?${query.toString()}`;
}

/** Every correct text of an answer to a request, at any time of a run. */
export async function textsFor(
  { asked, dialect }: DownloadRequest,
  texts: KnownTexts,
): Promise<readonly KnownText[]> {
  if ("generated" in asked) return [await texts.ofGenerated(asked.generated, dialect, asked)];
  return await texts.ofAnyVersion(dialect, asked.rows);
}
