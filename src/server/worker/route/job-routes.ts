import { StreamCsvError } from "../../../errors.ts";
import { FileResponse } from "../../../response/file-response.ts";
import { requestHeader } from "../../../response/head/request-head.ts";
import { formatDisposition } from "../../../response/head/disposition.ts";
import { HttpResponse } from "../../../response/http-response.ts";
import { problemResponse } from "../../http/problem-response.ts";
import type { AskedRecord, OfferedResult } from "../../protocol/messages.ts";
import type { ServerSettings } from "../../shared/settings.ts";
import type { CallerSlots } from "../admission/caller-slots.ts";
import { applyConditions } from "../transfer/apply-conditions.ts";
import { rowsAndDigest } from "../transfer/deliver.ts";
import { openLeasedFile } from "../transfer/open-spool-file.ts";
import { describeJob, retryAfterSeconds } from "./describe-job.ts";
import { jsonResponse } from "./json-response.ts";
import type { Answer, Route, RouteRequest } from "./router.ts";
import { submitJob, type SubmittingContext } from "./submit-job.ts";
import { viewerOf } from "./viewer-of.ts";

/** What the routes of jobs need from the worker. */
export interface JobContext extends SubmittingContext {
  readonly slots: CallerSlots;
}

type OfferedFile = OfferedResult & { readonly kind: "file" };

const accepted = 202;

/** The routes of jobs: to submit, watch and cancel them, and their results. */
export function jobRoutes(context: JobContext): readonly Route[] {
  const { primary, clock } = context.transfers.context;
  return [
    {
      audience: "token",
      methods: ["POST"],
      path: "/exports/:name/jobs",
      handler: (request) => {
        requireNoParametersInBody(request);
        return submitJob(context, request, {
          name: request.params["name"] ?? "",
          texts: [...request.query],
        });
      },
    },
    {
      audience: "token",
      methods: ["GET"],
      path: "/jobs",
      handler: async ({ caller }) => {
        const jobs = await primary.call("jobs", viewerOf(caller));
        return { response: jsonResponse({ jobs: jobs.map(describeJob) }) };
      },
    },
    {
      // A signed link leads to a result alone.
      methods: ["GET"],
      path: "/jobs/:file",
      handler: async (request) => {
        if (resultId(request) !== undefined) return await serveResult(context, request);
        const job = await primary.call("job", askedRecord(request));
        const response = jsonResponse(describeJob(job));
        const waitSeconds = retryAfterSeconds(job, clock.wallMs());
        if (waitSeconds !== null) response.headers.set("Retry-After", String(waitSeconds));
        return { response };
      },
    },
    {
      methods: ["DELETE"],
      path: "/jobs/:file",
      handler: async (request) => ({
        response: jsonResponse(describeJob(await primary.call("cancelJob", askedRecord(request))), accepted),
      }),
    },
  ];
}

/** Length of `{}`, which some clients send where they have nothing to say. */
const emptyObjectBytes = 2;

/**
 * A job for all rows in the place of a customer's would be worse than a refusal.
 * @throws StreamCsvError `SCSV_BAD_PARAMETER` for a body that looks like parameters
 */
function requireNoParametersInBody(request: RouteRequest): void {
  const type = requestHeader(request, "content-type") ?? "";
  const length = Number(requestHeader(request, "content-length") ?? 0);
  if (
    length <= emptyObjectBytes ||
    !/^(application\/(json|x-www-form-urlencoded)|multipart\/form-data)\b/i.test(type)
  )
    return;
  throw new StreamCsvError(
    "SCSV_BAD_PARAMETER",
    `The request has a body of ${length} bytes (${type}), and the parameters of a job belong into the query, as in POST /exports/invoices/jobs?customer=7.`,
    { hint: "Write the parameters into the query, and send no body." },
  );
}

/** @throws StreamCsvError `SCSV_FORBIDDEN` for the holder of a link */
function askedRecord({ params, caller }: RouteRequest): AskedRecord {
  if (!caller.hasTransfers) throw new StreamCsvError("SCSV_FORBIDDEN", "This request needs another token.");
  return { id: params["file"] ?? "", viewer: viewerOf(caller) };
}

/** The job whose result a path asks for: `/jobs/ID.csv`. */
function resultId({ params }: RouteRequest): string | undefined {
  return /^(.+)\.csv$/.exec(params["file"] ?? "")?.[1];
}

/** The result of a job: the file, or where to get it. */
export async function serveResult(context: JobContext, request: RouteRequest): Promise<Answer> {
  const { caller } = request;
  const id = resultId(request) ?? "";
  const viewer = caller.hasTransfers ? viewerOf(caller) : "all";
  const { primary, newId } = context.transfers.context;
  const clientGone = request.clientGone();
  clientGone.throwIfAborted();
  const wait = newId();
  const leave = (): void => primary.note("leaveJobResult", wait);
  clientGone.addEventListener("abort", leave, { once: true });
  const offering = primary.call("offerJobResult", { id, viewer, wait });
  const offered = await offering.finally(() => clientGone.removeEventListener("abort", leave));
  if (offered.kind === "file") return await sendFile(context, request, offered, clientGone);
  return seeOther(request.method === "HEAD" ? offered.headUrl : offered.url);
}

/** A redirect that nobody may keep: its address lets anybody read the result for a while. */
function seeOther(url: string): Answer {
  const headers = { Location: url, "Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer" };
  return { response: new HttpResponse("", { statusCode: 303, headers }) };
}

async function sendFile(
  { settings, slots, transfers }: JobContext,
  request: RouteRequest,
  offered: OfferedFile,
  clientGone: AbortSignal,
): Promise<Answer> {
  const giveBack = (): void => transfers.context.primary.note("releaseSpoolFile", offered.file.lease);
  // Nothing is sent, so there is no transfer.
  if (request.method === "HEAD") {
    const opened = await openResult(offered, settings, giveBack);
    return { response: await applyConditions(request, opened) };
  }
  const slot = await slots.acquire(request.caller, clientGone).catch((error: unknown) => {
    giveBack();
    throw error;
  });
  const { job, file } = offered;
  const subject = { name: job.export, delivery: "file", expectedRows: file.rows, key: file.key } as const;
  const transfer = transfers.begin({
    subject,
    slot,
    clientGone,
    identity: request.identity,
    token: request.caller.token,
  });
  try {
    const opened = await openResult(offered, settings, giveBack);
    opened.headers.set("X-Transfer-Id", transfer.id);
    const { rows, bytes, guardedCells, sha256 } = file;
    transfer.follow({ rows, bytes, guardedCells });
    transfer.sha256 = sha256;
    const response = await applyConditions(request, opened);
    transfer.ready();
    const { minRateBytesPerSecond } = settings;
    return {
      response,
      options: {
        signal: transfer.cancelSignal,
        ...(minRateBytesPerSecond === 0 ? {} : { minRateBytesPerSecond }),
      },
      onSent: (outcome) => transfer.end(outcome),
    };
  } catch (error) {
    // Its line in the log is the one of the request too.
    transfer.fail(error);
    return { response: problemResponse(error) };
  }
}

/** Opens a leased result; the lease is given back when the response is closed, or at once where there is none. */
async function openResult(
  { job, file }: OfferedFile,
  { http }: ServerSettings,
  giveBack: () => void,
): Promise<FileResponse> {
  const handle = await openLeasedFile(file, giveBack);
  if (handle === undefined)
    throw new StreamCsvError(
      "SCSV_JOB_RESULT_LOST",
      `The result of the job "${job.id}" was changed while it was opened. Try again.`,
    );
  const { rows, sha256 } = file;
  try {
    // Closes the handle even if it throws.
    const response = await FileResponse.open(handle, {
      etag: sha256,
      headers: {
        "Content-Type": job.contentType,
        "Content-Disposition": formatDisposition(job.filename, true) ?? "attachment",
        "Cache-Control": http.cacheControl,
        ...rowsAndDigest(rows, sha256),
      },
    });
    response.onClose(giveBack);
    return response;
  } catch (error) {
    giveBack();
    throw error;
  }
}
