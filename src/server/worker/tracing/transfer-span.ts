import type { ExportPlan } from "../../../export/plan.ts";
import type { EndState } from "../../protocol/messages.ts";

/** How a transfer ended, for its span. */
export interface SpanEnding {
  /** `refused`: it got no slot. */
  readonly state: EndState | "refused";
  readonly rows: number;
  /** Bytes of the uncompressed text. */
  readonly bytes: number;
  /** When the first byte was written, from when the slot was granted; null if there was none. */
  readonly firstByteMs: number | null;
  /** Why it didn't complete; undefined for a client that left. */
  readonly error?: unknown;
}

/** The ids by which a log line is found from a trace. */
interface SpanIdentity {
  readonly traceId?: string;
  readonly spanId?: string;
}

/** The span of one transfer: from the request for a slot to the last byte. */
export interface TransferSpan {
  /** Empty without tracing. */
  readonly identity: SpanIdentity;
  /** Runs a function so that spans which it makes, also later in what it awaits, are children of this one. */
  readonly within: <T>(run: () => T) => T;
  /** The plan with a source whose reading of a database has a span of its own. */
  readonly traced: (plan: ExportPlan) => ExportPlan;
  /** Marks a moment. */
  readonly note: (event: "slot granted" | "file ready") => void;
  readonly begun: (transferId: string) => void;
  /** Ends the span; only the first call counts. */
  readonly end: (ending: SpanEnding) => void;
}

/** Makes the spans of a worker. */
export interface Tracing {
  readonly begin: (headers: Readonly<Record<string, unknown>>, plan: ExportPlan) => TransferSpan;
  /** Hands all ended spans to their exporter; resolves when that is done or has failed. */
  readonly flush: () => Promise<void>;
}

/** The span of a transfer that nobody traces. */
export const noSpan: TransferSpan = {
  identity: {},
  within: (run) => run(),
  traced: (plan) => plan,
  note: () => undefined,
  begun: () => undefined,
  end: () => undefined,
};

/** The tracing of a worker in which no OpenTelemetry SDK runs: it costs nothing. */
export const noTracing: Tracing = { begin: () => noSpan, flush: () => Promise.resolve() };
