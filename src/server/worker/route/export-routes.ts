import type { Catalog, ListedExport } from "../../../export/catalog.ts";
import type { DeclaredParameter } from "../../../export/declared-parameter.ts";
import type { ExportDefinition } from "../../../export/definition.ts";
import { badParameter, readExportParameters, type ExportParameters } from "../../../export/parameters.ts";
import { planExport, type ExportPlan } from "../../../export/plan.ts";
import { StreamCsvError } from "../../../errors.ts";
import { forCaller, withBound } from "../../access/bound-parameters.ts";
import type { Caller } from "../../access/caller.ts";
import { refuseOversized } from "../admission/refuse-oversized.ts";
import { applyConditions } from "../transfer/apply-conditions.ts";
import { deliver, headOf, taggedHeadOf, withLength } from "../transfer/deliver.ts";
import { requestHeader } from "../../../response/head/request-head.ts";
import { problemResponse } from "../../http/problem-response.ts";
import type { AnyResponse } from "../../../response/any-response.ts";
import type { WorkerState } from "../admission/worker-state.ts";
import { findExport } from "./find-export.ts";
import { jsonResponse } from "./json-response.ts";
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
  return { name, description, columns, rows, source: kind, parameters: free.map(describeParameter) };
}

/** A parameter that an export declares itself. */
function describeParameter(parameter: DeclaredParameter): object {
  const { name, type, description, optional, oneOf, list } = parameter;
  return { name, type, description, default: parameter.default, optional, oneOf, list };
}

function serveExport(context: ExportContext): Handler {
  const { settings, catalog, slots, transfers, tracing, workerState } = context;
  return async (request) => {
    const { caller } = request;
    const { name, texts } = whatIsAsked(request);
    const clientGone = request.clientGone();
    const found = await findExport(catalog, name, caller);
    const parameters = readParameters(texts, settings, found, caller);
    // The version of live rows is asked for once, so that all attempts and the builder of a file agree on it.
    const version = await askVersion(found, request, parameters, clientGone);
    const plan = async (): Promise<ExportPlan> => {
      const definition = await findExport(catalog, name, caller);
      const asked = forCaller(caller, () =>
        planExport(definition, parameters, { encoder: settings.encoder, version }),
      );
      return request.needsLength ? withLength(asked, settings.bufferMemoryBytes) : asked;
    };
    const planned = await plan();
    requireFewRows(planned, settings.http);
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
    const transfer = transfers.begin(planned, slot, clientGone, request.identity, caller.token, span);
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
      const made = await span.within(() => makeUnchanged(plan, make));
      const response = planned.delivery === "streaming" ? made : await applyConditions(request, made);
      response.headers.set("X-Transfer-Id", transfer.id);
      transfer.ready();
      return {
        response,
        options: {
          signal: transfer.cancelSignal,
          primeFirstChunk: true,
          ...minRate(settings, found),
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

function readParameters(
  texts: readonly (readonly [string, string])[],
  { csv }: ServerSettings,
  { parameters }: ExportDefinition,
  caller: Caller,
): ExportParameters {
  const all = withBound(texts, caller);
  return forCaller(caller, () => readExportParameters(all, csv, parameters));
}

/** The version of rows that may change at any time, where the answer depends on it. */
async function askVersion(
  { liveVersion }: ExportDefinition,
  { method }: RouteRequest,
  { delivery, values }: ExportParameters,
  signal: AbortSignal,
): Promise<string | null> {
  if (liveVersion === null || delivery === "streaming" || method === "HEAD") return null;
  return await liveVersion(values, signal);
}

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
  { pinsDatabase }: ExportDefinition,
): { readonly minRateBytesPerSecond?: number } {
  const rate = Math.max(minRateBytesPerSecond, pinsDatabase ? databaseMinRate : 0);
  return rate === 0 ? {} : { minRateBytesPerSecond: rate };
}

/** @throws StreamCsvError `SCSV_BAD_PARAMETER` for more rows than a request may ask for; nothing is capped silently */
function requireFewRows({ name, rows, expectedRows }: ExportPlan, { mostRows }: HttpSettings): void {
  const asked = expectedRows ?? rows;
  if (mostRows === null || (asked !== null && asked <= mostRows)) return;
  const much = asked === null ? `an unknown number of rows` : `${asked} rows`;
  const message = `Parameter "rows": "${name}" would have ${much}, and ${mostRows} are allowed. Give rows=${mostRows} or fewer.`;
  throw badParameter("rows", message);
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

/** The export and its parameters. Without a `dialect` parameter, the path's extension selects the dialect. */
function whatIsAsked({ params, query }: RouteRequest): {
  readonly name: string;
  readonly texts: readonly (readonly [string, string])[];
} {
  const file = params["file"] ?? "";
  const match = /^(.+)\.(csv|tsv)$/.exec(file);
  if (match?.[1] === undefined) {
    throw new StreamCsvError(
      "SCSV_NOT_FOUND",
      `There is nothing at "/exports/${file}"; an export's path ends in .csv or .tsv.`,
    );
  }
  const texts = [...query];
  if (match[2] === "tsv" && !query.has("dialect")) texts.push(["dialect", "tsv"]);
  return { name: match[1], texts };
}
