import { StreamCsvError, type FaultCode } from "../src/index.ts";

/** Faults whose catalogued remedy is for clients of a server, or says what their messages say already. */
const withoutHint: ReadonlySet<FaultCode> = new Set([
  "SCSV_BAD_PARAMETER",
  "SCSV_UNKNOWN_EXPORT",
  "SCSV_SOURCE_UNSUPPORTED",
  "SCSV_MEASUREMENT_INVALID",
]);

/** What went wrong and, where it helps, what to do; the whole trace only for those who debug. */
export function explain(error: unknown, logLevel: string): string {
  if (error instanceof StreamCsvError) {
    const isSaid = withoutHint.has(error.code) || error.message.includes(error.hint.replace(/\.$/, ""));
    return isSaid ? error.message : `${error.message}\n${error.hint}`;
  }
  if (!(error instanceof Error)) return String(error);
  const isDebugging = logLevel === "debug" || logLevel === "trace";
  return isDebugging ? (error.stack ?? error.message) : error.message;
}
