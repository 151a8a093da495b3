import { StreamCsvError, type FaultCode } from "../src/ground.ts";

/** Faults whose hint is meant for HTTP clients, or repeats the message. */
const withoutHint: ReadonlySet<FaultCode> = new Set([
  "SCSV_BAD_PARAMETER",
  "SCSV_UNKNOWN_EXPORT",
  "SCSV_SOURCE_UNSUPPORTED",
  "SCSV_MEASUREMENT_INVALID",
]);

/** The text for an error: the message and a helpful hint, or the stack trace at the log levels debug and trace. */
export function explain(error: unknown, logLevel: string): string {
  if (error instanceof StreamCsvError) {
    const isSaid = withoutHint.has(error.code) || error.message.includes(error.hint.replace(/\.$/, ""));
    return isSaid ? error.message : `${error.message}\n${error.hint}`;
  }
  if (!(error instanceof Error)) return String(error);
  const isDebugging = logLevel === "debug" || logLevel === "trace";
  return isDebugging ? (error.stack ?? error.message) : error.message;
}
