import { pathToFileURL } from "node:url";
import type * as OpenTelemetry from "@opentelemetry/api";
import type { Logger } from "pino";
import { StreamCsvError, toError } from "../../../errors.ts";
import { apiTracing } from "./api-tracing.ts";
import { noTracing, type Tracing } from "./transfer-span.ts";

/** Where every copy of @opentelemetry/api 1.x registers an SDK (its `global-utils`). */
const registry = Symbol.for("opentelemetry.js.api.1");

/**
 * Starts tracing where it is asked for: by a module that starts an OpenTelemetry SDK, or by an SDK that runs in this process
 * already, as `NODE_OPTIONS=--import` starts one. Otherwise nothing is loaded.
 * @param module the path of the module; null for none
 * @throws StreamCsvError `SCSV_TRACING_MISSING` without the optional package; `SCSV_BAD_SETTING` for a module that fails
 */
export async function openTracing(
  module: string | null,
  log: Logger,
  load: () => Promise<typeof OpenTelemetry> = () => import("@opentelemetry/api"),
): Promise<Tracing> {
  if (module === null && !isRegistered()) return noTracing;
  const api = await load().catch((cause: unknown) => {
    throw new StreamCsvError(
      "SCSV_TRACING_MISSING",
      "Tracing needs the optional package @opentelemetry/api, which can't be loaded: run npm install @opentelemetry/api.",
      { cause },
    );
  });
  if (module !== null) await importModule(module);
  if (!hasProvider(api)) {
    const from = module === null ? "" : ` by ${JSON.stringify(module)}`;
    log.warn(
      `no OpenTelemetry SDK was registered${from} for this version of @opentelemetry/api; no span is made`,
    );
    return noTracing;
  }
  return apiTracing(api);
}

async function importModule(module: string): Promise<void> {
  try {
    await import(pathToFileURL(module).href);
  } catch (cause) {
    throw new StreamCsvError(
      "SCSV_BAD_SETTING",
      `The tracing module ${JSON.stringify(module)} can't be loaded: ${toError(cause).message}`,
      { cause },
    );
  }
}

function isRegistered(): boolean {
  const registered: unknown = Reflect.get(globalThis, registry);
  return typeof registered === "object" && registered !== null && "trace" in registered;
}

/** Whether spans go anywhere. A newer copy of the package than the one the SDK has doesn't see the SDK. */
function hasProvider({ trace, ProxyTracerProvider }: typeof OpenTelemetry): boolean {
  const provider = trace.getTracerProvider();
  // One without an SDK has the same delegate as a new one.
  return (
    !(provider instanceof ProxyTracerProvider) ||
    provider.getDelegate() !== new ProxyTracerProvider().getDelegate()
  );
}
