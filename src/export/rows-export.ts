import { pathToFileURL } from "node:url";
import type { Clock } from "../clock.ts";
import { StreamCsvError, toError } from "../errors.ts";
import { namedColumns } from "../source/row-columns.ts";
import { rowsSource } from "../source/rows-source.ts";
import type { RowSequence } from "../source/rows.ts";
import type { Source } from "../source/source.ts";
import { ConfiguredExport } from "./configured-export.ts";
import { declareParameters } from "./declare-parameters.ts";
import type { DeclaredParameter } from "./declared-parameter.ts";
import type { ExportDefinition, SourceSelection } from "./definition.ts";
import { deliveries } from "./delivery.ts";
import { programValues, type ProgramValues } from "./program-values.ts";
import type { ServedRows } from "./served-source.ts";
import { versionByTime } from "./version-by-time.ts";

/** What a program's function is given. */
export interface RowsRequest {
  /** Aborted when the rows are no longer wanted. */
  readonly signal: AbortSignal;
  /** The values of the export's parameters by name. */
  readonly parameters: ProgramValues;
}

/** Makes the rows of an export: any driver of a database may do so. */
export type RowsFunction = (request: RowsRequest) => RowSequence | PromiseLike<RowSequence>;

/** The export of a program's rows. The module is imported when the export is first asked for. */
export class RowsExport extends ConfiguredExport {
  readonly #served: ServedRows;
  readonly #clock: Clock;
  readonly #parameters: readonly DeclaredParameter[];
  #rows: RowsFunction | undefined;

  /** @throws StreamCsvError `SCSV_BAD_SETTING` for what can't be in the configuration of the rows */
  constructor(served: ServedRows, clock: Clock) {
    super("rows", served.name);
    this.#served = served;
    this.#clock = clock;
    this.#parameters = declareParameters(served.name, served.parameters ?? {});
  }

  protected async define(): Promise<ExportDefinition> {
    this.#rows ??= await importRows(this.#served);
    return this.#definition(this.#rows);
  }

  #definition(rows: RowsFunction): ExportDefinition {
    const { name, description = null, deliveries: allowed = deliveries, columns, freshnessMs } = this.#served;
    const known = namedColumns(columns);
    return {
      name,
      description,
      kind: "rows",
      columns: known?.map((column) => ({ name: column.name, type: "mixed" })) ?? null,
      rows: null,
      served: this.#served,
      parameters: this.#parameters,
      deliveries: allowed,
      live: {
        version: freshnessMs === undefined ? null : versionByTime(freshnessMs, this.#clock),
        pinsDatabase: false,
      },
      source: (selection) => this.#source(rows, selection),
    };
  }

  #source(rows: RowsFunction, { columns: wanted, values, version }: SourceSelection): Source {
    const { name, columns = wanted ?? undefined } = this.#served;
    const parameters = programValues(this.#parameters, values);
    const source = rowsSource(({ signal }) => rows({ signal, parameters }), {
      name,
      ...(columns === undefined ? {} : { columns }),
    });
    return {
      name,
      kind: source.kind,
      get columns() {
        return source.columns;
      },
      rowCount: null,
      version,
      read: (options) => source.read(options),
      close: () => source.close(),
    };
  }
}

/** @throws StreamCsvError `SCSV_BAD_SETTING` when the module can't be imported, or has no such rows */
async function importRows({ name, module }: ServedRows): Promise<RowsFunction> {
  const path = JSON.stringify(module);
  let configuration: unknown;
  try {
    const imported = (await import(pathToFileURL(module).href)) as { readonly default?: unknown };
    configuration = await imported.default;
  } catch (error) {
    throw new StreamCsvError("SCSV_BAD_SETTING", `${path} can't be imported: ${toError(error).message}`, {
      cause: error,
    });
  }
  const exported = fieldOf(fieldOf(configuration, "exports"), name);
  const rows = fieldOf(exported, "rows");
  if (typeof rows === "function") return rows as RowsFunction;
  throw new StreamCsvError(
    "SCSV_BAD_SETTING",
    `The default export of ${path} has no function exports[${JSON.stringify(name)}].rows.`,
  );
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
