import { createHash, type Hash } from "node:crypto";
import { contentTypeOf } from "../../csv/dialect.ts";
import type { Delivery } from "../../export/delivery.ts";
import type { ExportParameters } from "../../export/parameters.ts";
import type { ExportPlan } from "../../export/plan.ts";
import { runExport } from "../../export/run.ts";
import { FileResponse } from "../../response/file-response.ts";
import type { AnyResponse } from "../../response/any-response.ts";
import { formatDisposition } from "../../response/head/disposition.ts";
import { HttpResponse } from "../../response/http-response.ts";
import { StreamingHttpResponse } from "../../response/streaming-http-response.ts";
import { abortable } from "../../stream/abortable.ts";
import { BufferReservation } from "../admission/buffer-reservation.ts";
import type { Link } from "../process/ipc.ts";
import type { LeasedFile, PrimaryMethods, PrimaryNotes } from "../process/message.ts";
import type { Transfer } from "./transfer.ts";

/** What a delivery is made from. */
export interface DeliveryContext {
  readonly plan: ExportPlan;
  readonly parameters: ExportParameters;
  readonly transfer: Transfer;
  readonly primary: Link<PrimaryMethods, PrimaryNotes>;
  readonly bufferMemoryBytes: number;
}

/** Makes the response of an export: the three deliveries are the three response classes. */
export const deliver: Readonly<
  Record<Delivery, (context: DeliveryContext) => AnyResponse | Promise<AnyResponse>>
> = {
  streaming: deliverStreaming,
  buffered: deliverBuffered,
  file: deliverFile,
};

/** Headers that every answer of an export has, to `HEAD` too; none of them needs the rows. */
export function exportHeaders(plan: ExportPlan): Record<string, string> {
  return {
    "Content-Type": contentTypeOf(plan.dialect),
    "Content-Disposition": formatDisposition(plan.filename, true) ?? "attachment",
    "Cache-Control": "private, no-store",
    ...(plan.delivery === "streaming" ? { "X-Accel-Buffering": "no" } : {}),
    ...(plan.delivery === "file" ? { "Accept-Ranges": "bytes" } : {}),
  };
}

/** Rows are read while they are sent; their number and digest are known, and told, only after the last of them. */
function deliverStreaming({ plan, transfer }: DeliveryContext): StreamingHttpResponse {
  const hash = createHash("sha256");
  const body = ({ signal }: { readonly signal: AbortSignal }): AsyncIterable<Uint8Array> => {
    const run = runExport(plan, { signal });
    transfer.follow(run.progress);
    return hashed(run.chunks, hash, (sha256) => {
      transfer.sha256 = sha256;
    });
  };
  return new StreamingHttpResponse(body, {
    headers: { ...exportHeaders(plan), "X-Transfer-Id": transfer.id },
    trailers: {
      names: ["X-Row-Count", "Repr-Digest"],
      values: () => rowsAndDigest(transfer.progress.rows, transfer.sha256 ?? ""),
    },
  });
}

/** All rows are read and kept before the first byte is sent. */
async function deliverBuffered(context: DeliveryContext): Promise<HttpResponse> {
  const { plan, transfer, primary, bufferMemoryBytes } = context;
  const run = runExport(plan, { signal: transfer.signal });
  transfer.follow(run.progress);
  const hash = createHash("sha256");
  const memory = new BufferReservation(primary, bufferMemoryBytes);
  try {
    const chunks = hashed(memory.admit(run, plan), hash, (sha256) => {
      transfer.sha256 = sha256;
    });
    const response = await HttpResponse.from(chunks, {
      headers: { ...exportHeaders(plan), "X-Transfer-Id": transfer.id },
    });
    const sha256 = transfer.sha256 ?? "";
    response.headers.set("Content-Length", String(response.tell()));
    response.headers.set("ETag", `"${sha256}"`);
    for (const [name, value] of Object.entries(rowsAndDigest(run.progress.rows, sha256)))
      response.headers.set(name, value);
    response.onClose(() => memory.release());
    return response;
  } catch (error) {
    memory.release();
    throw error;
  }
}

/** All rows were written to a file by another process, at the latest just now. */
async function deliverFile(context: DeliveryContext): Promise<FileResponse> {
  const { plan, transfer, primary } = context;
  const { path, bytes, rows, guardedCells, sha256, lease } = await leaseFile(context);
  const giveBack = (): void => primary.note("releaseSpoolFile", lease);
  try {
    const response = await FileResponse.open(path, {
      etag: sha256,
      headers: {
        ...exportHeaders(plan),
        "X-Transfer-Id": transfer.id,
        ...rowsAndDigest(rows, sha256),
      },
    });
    transfer.follow({ rows, bytes, guardedCells });
    transfer.sha256 = sha256;
    response.onClose(giveBack);
    return response;
  } catch (error) {
    giveBack();
    throw error;
  }
}

/** Waits for the file, but no longer than the client does; a file that comes too late is given back. */
async function leaseFile({ plan, parameters, transfer, primary }: DeliveryContext): Promise<LeasedFile> {
  const { signal } = transfer;
  const request = {
    transfer: transfer.id,
    name: plan.name,
    source: plan.path,
    parameters: { ...parameters, encoder: plan.encoder },
    key: plan.key,
  };
  const leased = primary.call("acquireSpoolFile", request);
  try {
    return await abortable(leased, signal);
  } catch (error) {
    void leased.then(
      ({ lease }) => primary.note("releaseSpoolFile", lease),
      () => undefined, // The same error as above, or one that nobody waits for any more.
    );
    throw error;
  }
}

/** The number of rows, and the digest of what is sent as RFC 9530 writes it. */
function rowsAndDigest(rows: number, sha256: string): Record<string, string> {
  return {
    "X-Row-Count": String(rows),
    "Repr-Digest": `sha-256=:${Buffer.from(sha256, "hex").toString("base64")}:`,
  };
}

async function* hashed(
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
