import { findExport, type Catalogue } from "../../export/definition.ts";
import { readExportParameters } from "../../export/parameters.ts";
import { planExport } from "../../export/plan.ts";
import { StreamCsvError } from "../../errors.ts";
import { refuseHopeless } from "../admission/refuse-hopeless.ts";
import { applyConditions } from "../transfer/condition.ts";
import { deliver, headOf, withLength } from "../transfer/deliver.ts";
import { requestHeader } from "../../response/head/request-head.ts";
import type { Life } from "../admission/life.ts";
import { jsonResponse } from "./json-response.ts";
import type { Answer, Handler, Route, RouteRequest } from "./route.ts";
import type { ServerSettings } from "../settings.ts";
import type { Slots } from "../admission/slots.ts";
import type { RunningTransfers } from "../transfer/transfer.ts";

/** What the routes of exports need of their worker. */
export interface ExportContext {
  readonly settings: ServerSettings;
  readonly catalogue: Catalogue;
  readonly slots: Slots;
  readonly transfers: RunningTransfers;
  readonly life: Life;
}

/** The routes of exports: their list, and each as a file. */
export function exportRoutes(context: ExportContext): readonly Route[] {
  return [
    { methods: ["GET"], path: "/exports", handler: () => listExports(context) },
    { methods: ["GET"], path: "/exports/:file", handler: serveExport(context) },
  ];
}

function listExports({ catalogue }: ExportContext): Answer {
  const exports = [...catalogue.exports.values()].map(({ name, columns, rows, kind }) => ({
    name,
    columns,
    rows,
    source: kind,
  }));
  return { response: jsonResponse({ exports }) };
}

function serveExport(context: ExportContext): Handler {
  const { settings, catalogue, slots, transfers, life } = context;
  return async (request) => {
    const { name, texts } = whatIsAsked(request);
    const parameters = readExportParameters(texts, settings.csv);
    const asked = planExport(findExport(catalogue, name), parameters, settings);
    const plan = request.needsLength ? withLength(asked, settings.bufferMemoryBytes) : asked;
    refuseHopeless(plan, settings);
    if (life.isDraining)
      throw new StreamCsvError("SCSV_DRAINING", "The server is shutting down and takes no new exports.");
    const isHead = request.method === "HEAD";
    // A stream has no ETag whatever its rows are; what the others have shows only when they are made.
    const isRefusable = plan.delivery === "streaming" && requestHeader(request, "if-match") !== undefined;
    if (isHead || isRefusable) {
      const head = headOf(plan, request, settings.http);
      if (isRefusable) await applyConditions(request, head);
      if (isHead) return { response: head };
    }
    const clientGone = request.clientGone();
    const slot = await slots.acquire(clientGone);
    const transfer = transfers.begin(plan, slot, clientGone, request.identity);
    try {
      const { primary } = transfers.context;
      const made = await deliver[plan.delivery]({
        request,
        http: settings.http,
        plan,
        parameters,
        transfer,
        primary,
        bufferMemoryBytes: settings.bufferMemoryBytes,
        mayBeFile: plan !== asked,
      });
      const response = plan.delivery === "streaming" ? made : await applyConditions(request, made);
      response.headers.set("X-Transfer-Id", transfer.id);
      transfer.ready();
      return {
        response,
        options: {
          signal: transfer.cancelSignal,
          primeFirstChunk: true,
          lendsChunks: plan.delivery === "streaming",
          ...(settings.minRateBytesPerSecond === 0
            ? {}
            : { minRateBytesPerSecond: settings.minRateBytesPerSecond }),
        },
        onSent: (outcome) => transfer.end(outcome),
      };
    } catch (error) {
      transfer.fail(error);
      throw error;
    }
  };
}

/** The export and its parameters: the ending of the path says which dialect is meant where none is named. */
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
