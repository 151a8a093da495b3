import { StreamCsvError, type FaultCode } from "../src/ground.ts";
import { installPlace, packageFolder } from "./install-place.ts";
import { visibleText } from "./visible-text.ts";
import { withoutUserInfo } from "./without-user-info.ts";

/** Faults whose usual hint is meant for HTTP clients, or repeats the message. */
const withoutHint: ReadonlySet<FaultCode> = new Set([
  "SCSV_BAD_PARAMETER",
  "SCSV_UNKNOWN_EXPORT",
  "SCSV_MEASUREMENT_INVALID",
  "SCSV_DATABASE_UNAVAILABLE",
]);

/** Faults whose message is meant for HTTP clients, and leaves out what the database says. */
const withoutCause: ReadonlySet<FaultCode> = new Set([
  "SCSV_DATABASE_UNAVAILABLE",
  "SCSV_DATABASE_REFUSED",
  "SCSV_QUERY_FAILED",
  "SCSV_QUERY_TIMEOUT",
]);

/**
 * The text for an error: the message and a helpful hint, or the stack trace at the log levels debug and trace. Users and
 * passwords of URLs are left out of every message, and control characters of what it quotes don't reach the terminal.
 */
export function explain(error: unknown, logLevel: string): string {
  return visibleText(withoutUserInfo(explained(error, logLevel)));
}

function explained(error: unknown, logLevel: string): string {
  if (error instanceof StreamCsvError) {
    // The remedy of the catalog, which every error of a code has, against one for this very case.
    const isUsual = error.hint === new StreamCsvError(error.code, "").hint;
    const isSaid =
      (withoutHint.has(error.code) && isUsual) ||
      error.message.includes(error.hint.replace(/^Run: |\.$/g, ""));
    const message = withCause(error);
    const place = error.hint.startsWith("Run: npm install")
      ? installPlace(packageFolder(), process.cwd())
      : undefined;
    return [message, isSaid ? undefined : error.hint, place].filter((line) => line !== undefined).join("\n");
  }
  if (!(error instanceof Error)) return String(error);
  // Node asks the system for the working directory on many occasions, and says "uv_cwd".
  if ("syscall" in error && error.syscall === "uv_cwd")
    return "The working directory doesn't exist any more, or can't be read. Change to another one, for example with: cd ~";
  const isDebugging = logLevel === "debug" || logLevel === "trace";
  return isDebugging ? (error.stack ?? error.message) : error.message;
}

function withCause({ code, message, cause }: StreamCsvError): string {
  const words = cause instanceof Error ? cause.message : "";
  if (!withoutCause.has(code) || words === "" || message.includes(words)) return message;
  return `${message}\nThe database says: ${words}`;
}
