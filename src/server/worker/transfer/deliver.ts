import { createHash, type Hash } from "node:crypto";
import { contentTypeOf } from "../../../csv/dialect.ts";
import type { Delivery } from "../../../export/delivery.ts";
import type { ExportParameters } from "../../../export/parameters.ts";
import { lendChunksAs } from "../../../body/lend-chunks.ts";
import { StreamCsvError } from "../../../errors.ts";
import { leastBytes, type ExportPlan } from "../../../export/plan.ts";
import { runExport, type RunOptions } from "../../../export/run.ts";
import { FileResponse } from "../../../response/file-response.ts";
import type { AnyResponse } from "../../../response/any-response.ts";
import { formatDisposition } from "../../../response/head/disposition.ts";
import { formatHttpDate } from "../../../response/head/http-date.ts";
import { requestHeader, type RequestHead } from "../../../response/head/request-head.ts";
import { HttpResponse } from "../../../response/http-response.ts";
import { StreamingHttpResponse } from "../../../response/streaming-http-response.ts";
import { compress } from "../../../response/transform/compress.ts";
import { BufferReservation } from "../admission/buffer-reservation.ts";
import type { HttpSettings } from "../../shared/http-settings.ts";
import type { Link } from "../../../ipc/link.ts";
import type { PrimaryMethods, PrimaryNotes } from "../../protocol/messages.ts";
import { openSpoolFile } from "./open-spool-file.ts";
import type { Transfer } from "./transfer.ts";

/** What a delivery needs. */
export interface DeliveryContext {
  readonly request: RequestHead;
  readonly http: HttpSettings;
  readonly plan: ExportPlan;
  readonly parameters: ExportParameters;
  readonly transfer: Transfer;
  readonly primary: Link<PrimaryMethods, PrimaryNotes>;
  readonly bufferMemoryBytes: number;
  /** Whether a buffered body that doesn't fit becomes a file instead of an error. */
  readonly mayBeFile?: boolean;
}

/** Makes the response of an export. Each delivery has its own response class. */
export const deliver: Readonly<
  Record<Delivery, (context: DeliveryContext) => AnyResponse | Promise<AnyResponse>>
> = {
  streaming: deliverStreaming,
  buffered: deliverBuffered,
  file: deliverFile,
};

/** The head of an export's answer without a body, for `HEAD`. */
export function headOf(plan: ExportPlan, request: RequestHead, http: HttpSettings): StreamingHttpResponse {
  const response = new StreamingHttpResponse([], { headers: exportHeaders(plan, http, request) });
  if (plan.delivery === "streaming") encode(response, request, http);
  return response;
}

/** The head of an answer whose version tells its ETag, without a body, to answer conditions with. */
export function taggedHeadOf(plan: ExportPlan, request: RequestHead, http: HttpSettings): HttpResponse {
  const response = new HttpResponse("", { headers: exportHeaders(plan, http, request) });
  response.headers.set("ETag", `"${plan.key}"`);
  return response;
}

/** What the ETag of a whole body is made of: the version where that tells whether bytes are equal, else their digest. */
function tagOf(plan: ExportPlan, sha256: string): string {
  return plan.isVersioned ? plan.key : sha256;
}

/** The headers of every answer of an export; none of them needs the rows. */
function exportHeaders(
  plan: ExportPlan,
  { cacheControl }: HttpSettings,
  request: RequestHead,
): Record<string, string> {
  return {
    "Content-Type": contentTypeOf(plan.dialect),
    "Content-Disposition": formatDisposition(plan.filename, true) ?? "attachment",
    "Cache-Control": cacheControl,
    ...(plan.delivery === "streaming" ? { "X-Accel-Buffering": "no" } : {}),
    ...(plan.delivery === "file" ? { "Accept-Ranges": hasParts(plan, request) ? "bytes" : "none" } : {}),
  };
}

/**
 * Whether a client may have a part of a file. Rows without a version are read anew for each request, so parts would be of different
 * rows, which few clients notice. One that names the text it has a part of gets more of it only while the rows are the same.
 */
function hasParts({ version, isVersioned }: ExportPlan, request: RequestHead): boolean {
  return (
    version === null ||
    isVersioned ||
    ["if-range", "if-match"].some((name) => requestHeader(request, name) !== undefined)
  );
}

/** Reads rows while they are sent. Their number and digest are known only after the last row, so they are trailers. */
function deliverStreaming({ plan, transfer, request, http }: DeliveryContext): StreamingHttpResponse {
  const hash = createHash("sha256");
  const body = ({ signal }: { readonly signal: AbortSignal }): AsyncIterable<Uint8Array> => {
    const run = runExport(transfer.span.traced(plan), { signal, ...readingOf(transfer) });
    transfer.follow(run.progress);
    return hashed(run.lentChunks, hash, (sha256) => {
      transfer.sha256 = sha256;
    });
  };
  let sentSha256: string | undefined;
  const response = new StreamingHttpResponse(body, {
    headers: { ...exportHeaders(plan, http, request), "X-Transfer-Id": transfer.id },
  });
  const coding = encode(response, request, http);
  if (coding !== undefined) {
    transfer.coding = coding;
    // Repr-Digest covers the encoded bytes (RFC 9530, section 3), so it differs from the digest of the text.
    response.streamingContent = hashed(response.streamingContent, createHash("sha256"), (sha256) => {
      sentSha256 = sha256;
    });
  }
  response.trailers = {
    names: ["X-Row-Count", "Repr-Digest"],
    values: () => rowsAndDigest(transfer.progress.rows, sentSha256 ?? transfer.sha256 ?? ""),
  };
  return response;
}

/** Compresses a stream by the client's preference; returns the coding's name. */
function encode(
  response: StreamingHttpResponse,
  request: RequestHead,
  { codings }: HttpSettings,
): string | undefined {
  if (codings.length > 0) compress({ codings })(request, response);
  return response.headers.get("Content-Encoding");
}

/** Reads and keeps all rows before the first byte is sent. */
async function deliverBuffered(context: DeliveryContext): Promise<HttpResponse | FileResponse> {
  const { plan, transfer, primary, bufferMemoryBytes, http } = context;
  const run = runExport(transfer.span.traced(plan), { signal: transfer.signal, ...readingOf(transfer) });
  transfer.follow(run.progress);
  const hash = createHash("sha256");
  const memory = new BufferReservation(primary, bufferMemoryBytes);
  try {
    const chunks = hashed(memory.admit(run, plan), hash, (sha256) => {
      transfer.sha256 = sha256;
    });
    const response = await HttpResponse.from(chunks, {
      headers: { ...exportHeaders(plan, http, context.request), "X-Transfer-Id": transfer.id },
    });
    const sha256 = transfer.sha256 ?? "";
    response.headers.set("Content-Length", String(response.tell()));
    response.headers.set("ETag", `"${tagOf(plan, sha256)}"`);
    for (const [name, value] of Object.entries(rowsAndDigest(run.progress.rows, sha256)))
      response.headers.set(name, value);
    response.onClose(() => memory.release());
    return response;
  } catch (error) {
    memory.release();
    const isTooLarge = error instanceof StreamCsvError && error.code === "SCSV_BUFFER_MEMORY";
    if (context.mayBeFile === true && isTooLarge) return await deliverFile(context);
    throw error;
  }
}

/**
 * Chooses the delivery of a body that must have a length: buffered, or a file if the rows need more than the memory
 * limit.
 */
export function withLength(plan: ExportPlan, bufferMemoryBytes: number): ExportPlan {
  if (plan.delivery !== "streaming") return plan;
  return { ...plan, delivery: leastBytes(plan) > bufferMemoryBytes ? "file" : "buffered" };
}

/** Sends a file to which another process has written all rows, earlier or just now. */
async function deliverFile(context: DeliveryContext): Promise<FileResponse> {
  const { plan, transfer, http } = context;
  const { file, handle, sinceMs, giveBack } = await openSpoolFile(context);
  const { bytes, rows, guardedCells, sha256 } = file;
  transfer.span.note("file ready");
  try {
    // Closes the handle even if it throws.
    const response = await FileResponse.open(handle, {
      etag: tagOf(plan, sha256),
      headers: {
        ...exportHeaders(plan, http, context.request),
        "X-Transfer-Id": transfer.id,
        ...rowsAndDigest(rows, sha256),
      },
    });
    if (sinceMs === null) response.headers.delete("Last-Modified");
    else response.headers.set("Last-Modified", formatHttpDate(sinceMs));
    transfer.follow({ rows, bytes, guardedCells });
    transfer.sha256 = sha256;
    response.onClose(giveBack);
    return response;
  } catch (error) {
    giveBack();
    throw error;
  }
}

/** What a database shows of a reading, and what the transfer learns of it. */
function readingOf(transfer: Transfer): Pick<RunOptions, "label" | "onConnectionTime"> {
  return {
    label: transfer.id,
    onConnectionTime: (time) => {
      transfer.connectionTime = time;
    },
  };
}

/** The number of rows, and the digest of the sent bytes in the format of RFC 9530. */
export function rowsAndDigest(rows: number, sha256: string): Record<string, string> {
  return {
    "X-Row-Count": String(rows),
    "Repr-Digest": `sha-256=:${Buffer.from(sha256, "hex").toString("base64")}:`,
  };
}

/** Chunks that are handed on as they are, and the digest of them all at their end. */
function hashed(
  chunks: AsyncIterable<Uint8Array>,
  hash: Hash,
  onEnd: (sha256: string) => void,
): AsyncIterable<Uint8Array> {
  return lendChunksAs(chunks, digesting(chunks, hash, onEnd));
}

async function* digesting(
  chunks: AsyncIterable<Uint8Array>,
  hash: Hash,
  onEnd: (sha256: string) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  onEnd(hash.digest("hex"));
}
