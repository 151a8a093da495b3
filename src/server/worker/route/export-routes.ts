import type { Catalog, ListedExport } from "../../../export/catalog.ts";
import type { DeclaredParameter } from "../../../export/declared-parameter.ts";
import type { ExportDefinition } from "../../../export/definition.ts";
import type { ExportParameters } from "../../../export/parameters.ts";
import type { ExportPlan } from "../../../export/plan.ts";
import { StreamCsvError } from "../../../errors.ts";
import type { Caller } from "../../access/caller.ts";
import { refuseOversized } from "../admission/refuse-oversized.ts";
import { applyConditions } from "../transfer/apply-conditions.ts";
import { deliver, headOf, taggedHeadOf, withLength } from "../transfer/deliver.ts";
import { requestHeader } from "../../../response/head/request-head.ts";
import { problemResponse } from "../../http/problem-response.ts";
import type { AnyResponse } from "../../../response/any-response.ts";
import type { WorkerState } from "../admission/worker-state.ts";
import { jsonResponse } from "./json-response.ts";
import { askedExport, planRequest } from "./plan-request.ts";
import { isForJob, submitJob } from "./submit-job.ts";
import type { Handler, Route, RouteRequest } from "./router.ts";
import type { HttpSettings } from "../../shared/http-settings.ts";
import type { ServerSettings } from "../../shared/settings.ts";
import type { CallerSlots } from "../admission/caller-slots.ts";
import type { Tracing } from "../tracing/transfer-span.ts";
import type { RunningTransfers } from "../transfer/transfer.ts";

/** What the export routes need from the worker. */
export interface ExportContext {
  readonly settings: ServerSettings;
  readonly catalog: Catalog;
  readonly slots: CallerSlots;
  readonly transfers: RunningTransfers;
  readonly tracing: Tracing;
  readonly workerState: WorkerState;
}

/** The routes of exports: their list, and each export as a file. */
export function exportRoutes(context: ExportContext): readonly Route[] {
  return [
    listRoute(context.catalog),
    { methods: ["GET"], path: "/exports/:file", handler: serveExport(context) },
  ];
}

/** The list of exports, as far as the caller may have them. */
export function listRoute(catalog: Catalog): Route {
  return {
    methods: ["GET"],
    path: "/exports",
    handler: async ({ caller }) => {
      const listed = (await catalog.list()).filter(({ name }) => caller.mayExport(name));
      return { response: jsonResponse({ exports: listed.map((one) => describeExport(one, caller)) }) };
    },
  };
}

/**
 * An export with an unreadable file stays in the list, with the code of its error. Parameters whose values the caller's token
 * decides aren't the caller's to give.
 */
function describeExport(listed: ListedExport, { bound }: Caller): object {
  if ("error" in listed)
    return {
      name: listed.name,
      description: null,
      columns: [],
      rows: null,
      source: null,
      parameters: [],
      error: listed.error.code,
    };
  const { name, description, columns, rows, kind, parameters } = listed.definition;
  const free = parameters.filter((parameter) => !bound.has(parameter.name));
  return {
    name,
    description,
    columns: columns ?? [],
    rows,
    source: kind,
    parameters: free.map(describeParameter),
  };
}

/** A parameter that an export declares itself. */
function describeParameter(parameter: DeclaredParameter): object {
  const { name, type, description, optional, oneOf, list } = parameter;
  return { name, type, description, default: parameter.default, optional, oneOf, list };
}

/** Answers a request for an export as a file. */
export function serveExport(context: ExportContext): Handler {
  const { settings, slots, transfers, tracing, workerState } = context;
  return async (request) => {
    const { caller } = request;
    const wanted = askedExport(request);
    if (await isForJob(context, request, wanted)) return await submitJob(context, request, wanted);
    const clientGone = request.clientGone();
    const withVersion = ({ delivery }: ExportParameters): boolean =>
      delivery !== "streaming" && request.method !== "HEAD";
    const asked = await planRequest(context, caller, wanted, withVersion, clientGone);
    const { definition, parameters } = asked;
    const fitted = (plan: ExportPlan): ExportPlan =>
      request.needsLength ? withLength(plan, settings.bufferMemoryBytes) : plan;
    const replan = async (): Promise<ExportPlan> => fitted(await asked.replan());
    const planned = fitted(asked.planned);
    refuseOversized(planned, settings);
    if (workerState.isDraining)
      throw new StreamCsvError("SCSV_DRAINING", "The server is shutting down and takes no new exports.");
    const isHead = request.method === "HEAD";
    // A stream never has an ETag; the ETag of other deliveries is known only when they are made.
    const isRefusable = planned.delivery === "streaming" && requestHeader(request, "if-match") !== undefined;
    if (isHead || isRefusable) {
      const head = headOf(planned, request, settings.http);
      if (isRefusable) await applyConditions(request, head);
      if (isHead) return { response: head };
    }
    const unchanged = await unchangedResponse(planned, request, settings.http);
    if (unchanged !== undefined) return { response: unchanged };
    const span = tracing.begin(request.headers, planned);
    const slot = await slots.acquire(caller, clientGone).catch((error: unknown) => {
      span.end({ ...nothingSent, ...(clientGone.aborted ? { state: "client-gone" } : { error }) });
      throw error;
    });
    span.note("slot granted");
    const transfer = transfers.begin({
      subject: planned,
      slot,
      clientGone,
      identity: request.identity,
      token: caller.token,
      span,
    });
    span.begun(transfer.id);
    try {
      const { primary } = transfers.context;
      const make = (current: ExportPlan): AnyResponse | Promise<AnyResponse> =>
        deliver[current.delivery]({
          request,
          http: settings.http,
          plan: current,
          parameters,
          transfer,
          primary,
          bufferMemoryBytes: settings.bufferMemoryBytes,
          mayBeFile: current.delivery !== parameters.delivery,
        });
      const made = await span.within(() => makeUnchanged(replan, make));
      const response = planned.delivery === "streaming" ? made : await applyConditions(request, made);
      response.headers.set("X-Transfer-Id", transfer.id);
      transfer.ready();
      return {
        response,
        options: {
          signal: transfer.cancelSignal,
          primeFirstChunk: true,
          ...minRate(settings, definition),
        },
        within: span.within,
        onSent: (outcome) => transfer.end(outcome),
      };
    } catch (error) {
      // Its line in the log is the one of the request too.
      transfer.fail(error);
      return { response: problemResponse(error) };
    }
  };
}

const nothingSent = { state: "refused", rows: 0, bytes: 0, firstByteMs: null } as const;

/**
 * Answers conditions on rows whose version tells whether they have changed, without running the export: 304, or 412. Undefined
 * where the export must run.
 */
async function unchangedResponse(
  plan: ExportPlan,
  request: RouteRequest,
  http: HttpSettings,
): Promise<AnyResponse | undefined> {
  if (!plan.isVersioned || plan.delivery === "streaming") return undefined;
  const head = await applyConditions(request, taggedHeadOf(plan, request, http));
  return head.statusCode === 200 ? undefined : head;
}

/** A stalled reader of a database pins a snapshot there, so it is cut in any case. */
const databaseMinRate = 1024;

function minRate(
  { minRateBytesPerSecond }: ServerSettings,
  { live }: ExportDefinition,
): { readonly minRateBytesPerSecond?: number } {
  const rate = Math.max(minRateBytesPerSecond, live?.pinsDatabase === true ? databaseMinRate : 0);
  return rate === 0 ? {} : { minRateBytesPerSecond: rate };
}

/** How often to make a response if its file changes meanwhile. */
const mostAttempts = 3;

/**
 * Makes a response from a new plan, because the file may have been replaced while the request waited for its slot. If
 * the file changes while the response is made, both are repeated.
 */
async function makeUnchanged(
  plan: () => Promise<ExportPlan>,
  make: (plan: ExportPlan) => AnyResponse | Promise<AnyResponse>,
): Promise<AnyResponse> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await make(await plan());
    } catch (error) {
      const hasChanged = error instanceof StreamCsvError && error.code === "SCSV_SOURCE_CHANGED";
      if (!hasChanged || attempt === mostAttempts) throw error;
    }
  }
}
