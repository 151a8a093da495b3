import type * as OpenTelemetry from "@opentelemetry/api";
import type { Attributes, Context, Span } from "@opentelemetry/api";
import { isCodedError, toError } from "../../../errors.ts";
import type { ExportPlan } from "../../../export/plan.ts";
import type { Batch } from "../../../csv/batch.ts";
import type { ReadOptions, Source } from "../../../source/source.ts";
import type { SpanEnding, Tracing, TransferSpan } from "./transfer-span.ts";

type Api = typeof OpenTelemetry;

/** `db.system.name` of the kinds of sources that are databases (OpenTelemetry's semantic conventions). */
const databaseSystems: Readonly<Record<string, string>> = { postgres: "postgresql", sqlite: "sqlite" };

/** Endings that are errors; a client may leave, and a transfer be cancelled, without anything being wrong. */
const failures: ReadonlySet<SpanEnding["state"]> = new Set(["failed", "timed-out", "refused"]);

/** Makes spans through the API of OpenTelemetry, to which the application's SDK is registered. */
export function apiTracing(api: Api): Tracing {
  const tracer = api.trace.getTracer("stream-csv");
  return {
    begin: (headers, plan) => {
      const { parent, isRemote } = parentOf(api, headers);
      const kind = isRemote ? api.SpanKind.SERVER : api.SpanKind.INTERNAL;
      const attributes = { "stream_csv.export": plan.name, "stream_csv.delivery": plan.delivery };
      const span = tracer.startSpan(`export ${plan.name}`, { kind, attributes }, parent);
      return new ApiSpan(api, tracer, span, parent);
    },
    flush: async () => {
      // By its members: the application may have another copy of the package, with classes of its own.
      const provider: unknown = api.trace.getTracerProvider();
      const own: unknown = has(provider, "getDelegate") ? provider.getDelegate() : provider;
      if (has(own, "forceFlush")) await own.forceFlush();
    },
  };
}

/** A span that is active here, such as that of an instrumentation of HTTP; else the one that the request names. */
function parentOf(
  { context, propagation, trace, TraceFlags }: Api,
  headers: Readonly<Record<string, unknown>>,
): { readonly parent: Context; readonly isRemote: boolean } {
  const here = context.active();
  if (trace.getSpanContext(here) !== undefined) return { parent: here, isRemote: false };
  const extracted = propagation.extract(here, headers);
  if (trace.getSpanContext(extracted) !== undefined) return { parent: extracted, isRemote: true };
  // An SDK may be registered without a propagator.
  const form = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/;
  const [, traceId = "", spanId = "", flags = ""] = form.exec(String(headers["traceparent"])) ?? [];
  if (traceId === "") return { parent: extracted, isRemote: true };
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  return {
    parent: trace.setSpanContext(extracted, { traceId, spanId, traceFlags, isRemote: true }),
    isRemote: true,
  };
}

class ApiSpan implements TransferSpan {
  readonly identity: TransferSpan["identity"];
  readonly #api: Api;
  readonly #tracer: OpenTelemetry.Tracer;
  readonly #span: Span;
  readonly #context: Context;
  #grantedAtMs = Date.now();
  #isEnded = false;

  constructor(api: Api, tracer: OpenTelemetry.Tracer, span: Span, parent: Context) {
    this.#api = api;
    this.#tracer = tracer;
    this.#span = span;
    this.#context = api.trace.setSpan(parent, span);
    const { traceId, spanId } = span.spanContext();
    this.identity = { traceId, spanId };
  }

  readonly within = <T>(run: () => T): T => this.#api.context.with(this.#context, run);

  readonly note: TransferSpan["note"] = (event) => {
    if (event === "slot granted") this.#grantedAtMs = Date.now();
    this.#span.addEvent(event);
  };

  readonly begun: TransferSpan["begun"] = (transferId) => {
    this.#span.setAttribute("stream_csv.transfer", transferId);
  };

  readonly traced = (plan: ExportPlan): ExportPlan => {
    const { source } = plan;
    const system = databaseSystems[source.kind];
    if (system === undefined) return plan;
    const attributes = { "db.system.name": system, "stream_csv.export": plan.name };
    const read = (options: ReadOptions): AsyncIterable<Batch> => this.#read(source, options, attributes);
    return { ...plan, source: { ...source, read } };
  };

  async *#read(
    source: Source,
    options: ReadOptions,
    attributes: Attributes,
  ): AsyncGenerator<Batch, void, undefined> {
    const kind = this.#api.SpanKind.CLIENT;
    const name = `query ${String(attributes["stream_csv.export"])}`;
    const span = this.#tracer.startSpan(name, { kind, attributes }, this.#context);
    try {
      yield* source.read({
        ...options,
        onConnectionTime: (time) => {
          span.setAttribute("stream_csv.connection_wait_ms", time.waitSeconds * 1000);
          options.onConnectionTime?.(time);
        },
      });
    } catch (error) {
      // A client that left ended the query; nothing is wrong with it.
      if (!options.signal.aborted) this.#fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  }

  readonly end = ({ state, rows, bytes, firstByteMs, error }: SpanEnding): void => {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const span = this.#span;
    if (firstByteMs !== null) span.addEvent("first byte", new Date(this.#grantedAtMs + firstByteMs));
    span.setAttributes({
      "stream_csv.state": state,
      "stream_csv.rows": rows,
      "stream_csv.bytes": bytes,
    });
    if (error !== undefined && failures.has(state)) this.#fail(span, error);
    span.end();
  };

  /** Only the code: a message may quote values of a customer, and a trace goes to other systems. */
  #fail(span: Span, thrown: unknown): void {
    const error = toError(thrown);
    const code = isCodedError(error) ? error.code : "SCSV_INTERNAL";
    span.setAttribute("error.type", code);
    span.setStatus({ code: this.#api.SpanStatusCode.ERROR, message: code });
  }
}

function has<N extends string>(value: unknown, method: N): value is Readonly<Record<N, () => unknown>> {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, method) === "function";
}
