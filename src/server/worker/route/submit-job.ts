import { contentTypeOf } from "../../../csv/dialect.ts";
import { StreamCsvError } from "../../../errors.ts";
import { badParameter } from "../../../export/parameters.ts";
import type { JobRequest } from "../../../job/job.ts";
import { requestHeader } from "../../../response/head/request-head.ts";
import { splitList } from "../../../response/head/split-list.ts";
import type { RunningTransfers } from "../transfer/transfer.ts";
import type { WorkerState } from "../admission/worker-state.ts";
import { describeJob, retryAfterSeconds } from "./describe-job.ts";
import { findExport } from "./find-export.ts";
import { jsonResponse } from "./json-response.ts";
import { planRequest, type AskedExport, type PlanningContext } from "./plan-request.ts";
import type { Answer, RouteRequest } from "./router.ts";

/** What submitting a job needs from the worker. */
export interface SubmittingContext extends PlanningContext {
  readonly transfers: RunningTransfers;
  readonly workerState: WorkerState;
}

const accepted = 202;

/**
 * Whether a request for an export is one for a job (RFC 7240, section 4.1). Who can't see jobs gets the export itself: a
 * preference may be ignored.
 */
export function prefersAsync(request: RouteRequest): boolean {
  if (request.method !== "GET" || !request.caller.hasTransfers) return false;
  // What follows a semicolon is a parameter of that preference.
  const preferences = splitList(requestHeader(request, "prefer") ?? "");
  return preferences.some((each) => each.split(";", 1).join("").trim().toLowerCase() === "respond-async");
}

/**
 * Whether a request for an export is answered with a job. A preference that can't be met is ignored and isn't an error (RFC 7240,
 * section 2), so it is where another delivery than a file is asked for, or where there are no files.
 */
export async function isForJob(
  { catalog }: PlanningContext,
  request: RouteRequest,
  { name, texts }: AskedExport,
): Promise<boolean> {
  const { caller } = request;
  if (!prefersAsync(request) || caller.bound.has("delivery")) return false;
  if (texts.some(([parameter, value]) => parameter === "delivery" && value !== "file")) return false;
  const { deliveries } = await findExport(catalog, name, caller);
  return deliveries.includes("file");
}

/** Submits an export as a job, or finds the one there is. */
export async function submitJob(
  context: SubmittingContext,
  request: RouteRequest,
  asked: AskedExport,
): Promise<Answer> {
  const { caller } = request;
  const { primary, clock } = context.transfers.context;
  const { parameters, planned } = await planRequest(
    context,
    caller,
    asFile(asked),
    () => true,
    request.clientGone(),
  );
  if (context.workerState.isDraining)
    throw new StreamCsvError("SCSV_DRAINING", "The server is shutting down and takes no new jobs.");
  const wanted: JobRequest = {
    export: planned.name,
    parameters: { ...parameters, encoder: planned.encoder },
    version: planned.version,
    key: planned.key,
    owner: caller.token,
    filename: planned.filename,
    contentType: contentTypeOf(planned.dialect),
    expectedRows: planned.expectedRows,
  };
  const rate = caller.limits?.rate ?? null;
  const { job, isNew } = await primary.call("submitJob", { request: wanted, rate });
  const response = jsonResponse(describeJob(job), isNew ? accepted : 200);
  response.headers.set("Location", `/jobs/${job.id}`);
  const waitSeconds = retryAfterSeconds(job, clock.wallMs());
  if (waitSeconds !== null) response.headers.set("Retry-After", String(waitSeconds));
  if (request.method === "GET") response.headers.set("Preference-Applied", "respond-async");
  return { response };
}

/** A job makes a file, so no other delivery can be asked for. */
function asFile({ name, texts }: AskedExport): AskedExport {
  const other = texts.find(([parameter, value]) => parameter === "delivery" && value !== "file");
  if (other === undefined) {
    const others = texts.filter(([parameter]) => parameter !== "delivery");
    return { name, texts: [...others, ["delivery", "file"]] };
  }
  const message = `Parameter "delivery": ${JSON.stringify(other[1])} has no use here: a job makes a file; leave it out.`;
  throw badParameter("delivery", message);
}
