import type { Catalog } from "../../../export/catalog.ts";
import type { ExportDefinition } from "../../../export/definition.ts";
import type { Delivery } from "../../../export/delivery.ts";
import { isFormulaToCompute } from "../../../csv/formula.ts";
import { badParameter, readExportParameters, type ExportParameters } from "../../../export/parameters.ts";
import { planExport, type ExportPlan } from "../../../export/plan.ts";
import { StreamCsvError } from "../../../errors.ts";
import { forCaller, withBound } from "../../access/bound-parameters.ts";
import type { Caller } from "../../access/caller.ts";
import { findExport } from "./find-export.ts";
import type { RouteRequest } from "./router.ts";
import type { HttpSettings } from "../../shared/http-settings.ts";
import type { ServerSettings } from "../../shared/settings.ts";

/** What planning an export needs from the worker. */
export interface PlanningContext {
  readonly settings: ServerSettings;
  readonly catalog: Catalog;
}

/** An export that a request asks for. */
export interface AskedExport {
  readonly name: string;
  /** Its parameters, with what the path says of them. */
  readonly texts: readonly (readonly [string, string])[];
}

/** A request for an export, read and checked. */
export interface PlannedExport {
  readonly definition: ExportDefinition;
  readonly parameters: ExportParameters;
  readonly planned: ExportPlan;
  /** Plans it anew, because its file may have been replaced meanwhile; the version of live rows stays. */
  readonly replan: () => Promise<ExportPlan>;
}

/**
 * Reads and checks a request for an export.
 * @param asVersioned whether the version of live rows is asked for
 * @throws StreamCsvError `SCSV_UNKNOWN_EXPORT`, `SCSV_BAD_PARAMETER`, `SCSV_BOUND_PARAMETER`, `SCSV_FORBIDDEN`; what opening the
 *   source or asking for the version throws
 */
export async function planRequest(
  { settings, catalog }: PlanningContext,
  caller: Caller,
  { name, texts }: AskedExport,
  isVersioned: (parameters: ExportParameters) => boolean,
  signal: AbortSignal,
): Promise<PlannedExport> {
  const definition = await findExport(catalog, name, caller);
  const parameters = readParameters(texts, settings, definition, caller);
  // The version of live rows is asked for once, so that all attempts and the builder of a file agree on it.
  const tellVersion = definition.live?.version ?? null;
  const version =
    tellVersion === null || !isVersioned(parameters) ? null : await tellVersion(parameters.values, signal);
  const replan = async (): Promise<ExportPlan> => {
    const current = await findExport(catalog, name, caller);
    return forCaller(caller, () => planExport(current, parameters, { encoder: settings.encoder, version }));
  };
  const planned = await replan();
  requireFewRows(planned, settings.http);
  return { definition, parameters, planned, replan };
}

function readParameters(
  texts: readonly (readonly [string, string])[],
  { csv }: ServerSettings,
  { parameters, deliveries }: ExportDefinition,
  caller: Caller,
): ExportParameters {
  const all = withDelivery(withBound(texts, caller, parameters), deliveries);
  requireHarmlessNull(texts);
  return forCaller(caller, () => readExportParameters(all, csv, parameters));
}

/**
 * Everybody can make a link to an export, whose cells would then hold the formula of a stranger, whatever is guarded.
 * @throws StreamCsvError `SCSV_BAD_PARAMETER`
 */
function requireHarmlessNull(texts: AskedExport["texts"]): void {
  const [, formula] = texts.find(([name, text]) => name === "nullValue" && isFormulaToCompute(text)) ?? [];
  if (formula === undefined) return;
  const message = `Parameter "nullValue": ${JSON.stringify(formula)} would be a formula in a spreadsheet. Give another text.`;
  throw badParameter("nullValue", message);
}

/** Where rows aren't streamed, a request that names no delivery gets the first that there is. */
function withDelivery(
  texts: readonly (readonly [string, string])[],
  deliveries: readonly Delivery[],
): readonly (readonly [string, string])[] {
  const [first] = deliveries;
  const isGiven = texts.some(([name]) => name === "delivery");
  if (isGiven || first === undefined || deliveries.includes("streaming")) return texts;
  return [...texts, ["delivery", first]];
}

/** @throws StreamCsvError `SCSV_BAD_PARAMETER` for more rows than a request may ask for; nothing is capped silently */
function requireFewRows({ name, rows, expectedRows }: ExportPlan, { mostRows }: HttpSettings): void {
  const asked = expectedRows ?? rows;
  if (mostRows === null || (asked !== null && asked <= mostRows)) return;
  const much = asked === null ? `an unknown number of rows` : `${asked} rows`;
  const message = `Parameter "rows": "${name}" would have ${much}, and ${mostRows} are allowed. Give rows=${mostRows} or fewer.`;
  throw badParameter("rows", message);
}

/** The export and its parameters. Without a `dialect` parameter, the path's extension selects the dialect. */
export function askedExport({ params, query }: Pick<RouteRequest, "params" | "query">): AskedExport {
  const file = params["file"] ?? "";
  const match = /^(.+)\.(csv|tsv)$/s.exec(file);
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
