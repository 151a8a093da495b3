import type { Catalog, ListedExport } from "../../../export/catalog.ts";
import type { DeclaredParameter } from "../../../export/declared-parameter.ts";
import type { ExportDefinition } from "../../../export/definition.ts";
import { readExportParameters, type ExportParameters } from "../../../export/parameters.ts";
import { planExport, type ExportPlan } from "../../../export/plan.ts";
import { StreamCsvError } from "../../../errors.ts";
import { refuseOversized } from "../admission/refuse-oversized.ts";
import { applyConditions } from "../transfer/apply-conditions.ts";
import { deliver, headOf, taggedHeadOf, withLength } from "../transfer/deliver.ts";
import { requestHeader } from "../../../response/head/request-head.ts";
import type { AnyResponse } from "../../../response/any-response.ts";
import type { WorkerState } from "../admission/worker-state.ts";
import { jsonResponse } from "./json-response.ts";
import type { Answer, Handler, Route, RouteRequest } from "./router.ts";
import type { HttpSettings } from "../../shared/http-settings.ts";
import type { ServerSettings } from "../../shared/settings.ts";
import type { Slots } from "../../../admission/slots.ts";
import type { RunningTransfers } from "../transfer/transfer.ts";

/** What the export routes need from the worker. */
export interface ExportContext {
  readonly settings: ServerSettings;
  readonly catalog: Catalog;
  readonly slots: Slots;
  readonly transfers: RunningTransfers;
  readonly workerState: WorkerState;
}

/** The routes of exports: their list, and each export as a file. */
export function exportRoutes(context: ExportContext): readonly Route[] {
  return [
    { methods: ["GET"], path: "/exports", handler: () => listExports(context) },
    { methods: ["GET"], path: "/exports/:file", handler: serveExport(context) },
  ];
}

async function listExports({ catalog }: ExportContext): Promise<Answer> {
  const exports = (await catalog.list()).map(describeExport);
  return { response: jsonResponse({ exports }) };
}

/** An export with an unreadable file stays in the list, with the code of its error. */
function describeExport(listed: ListedExport): object {
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
  return { name, description, columns, rows, source: kind, parameters: parameters.map(describeParameter) };
}

/** A parameter that an export declares itself. */
function describeParameter(parameter: DeclaredParameter): object {
  const { name, type, description, optional, oneOf, list } = parameter;
  return { name, type, description, default: parameter.default, optional, oneOf, list };
}

function serveExport(context: ExportContext): Handler {
  const { settings, catalog, slots, transfers, workerState } = context;
  return async (request) => {
    const { name, texts } = whatIsAsked(request);
    const clientGone = request.clientGone();
    const found = await catalog.find(name);
    const parameters = readExportParameters(texts, settings.csv, found.parameters);
    // The version of live rows is asked for once, so that all attempts and the builder of a file agree on it.
    const version = await liveVersion(found, request, parameters, clientGone);
    const plan = async (): Promise<ExportPlan> => {
      const definition = await catalog.find(name);
      const asked = planExport(definition, parameters, { encoder: settings.encoder, version });
      return request.needsLength ? withLength(asked, settings.bufferMemoryBytes) : asked;
    };
    const planned = await plan();
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
    const slot = await slots.acquire(clientGone);
    const transfer = transfers.begin(planned, slot, clientGone, request.identity);
    try {
      const { primary } = transfers.context;
      const made = await makeUnchanged(plan, (current) =>
        deliver[current.delivery]({
          request,
          http: settings.http,
          plan: current,
          parameters,
          transfer,
          primary,
          bufferMemoryBytes: settings.bufferMemoryBytes,
          mayBeFile: current.delivery !== parameters.delivery,
        }),
      );
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
        onSent: (outcome) => transfer.end(outcome),
      };
    } catch (error) {
      transfer.fail(error);
      throw error;
    }
  };
}

/** The version of rows that may change at any time, where the answer depends on it. */
async function liveVersion(
  { live }: ExportDefinition,
  { method }: RouteRequest,
  { delivery, values }: ExportParameters,
  signal: AbortSignal,
): Promise<string | null> {
  if (live === null || delivery === "streaming" || method === "HEAD") return null;
  return await live.current(values, signal);
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
