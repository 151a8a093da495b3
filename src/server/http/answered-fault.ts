import { StreamCsvError, isCodedError } from "../../errors.ts";
import { internalFault } from "../../fault-for-clients.ts";

/** The fault with which the server answers what was thrown. */
export function answeredFault(thrown: unknown): StreamCsvError {
  return shortage(thrown) ?? (thrown instanceof StreamCsvError ? thrown : internalFault(thrown));
}

/**
 * The level at which a fault is logged. A client's mistake is information; a server that has no room, or a database that
 * doesn't answer, is a warning; only what should never happen (500) is an error, and is logged with its stack.
 */
export function faultLevel(thrown: unknown): "info" | "warn" | "error" {
  const { status } = answeredFault(thrown);
  if (status === 500) return "error";
  // 501: the client used an unknown method.
  return status < 500 || status === 501 ? "info" : "warn";
}

const shortageCodes: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOMEM"]);

/** A lack of descriptors or memory is temporary, so it is a 503 whichever operation failed. */
function shortage(thrown: unknown): StreamCsvError | undefined {
  for (let cause = thrown; cause instanceof Error; cause = cause.cause) {
    if (!isCodedError(cause) || !shortageCodes.has(cause.code)) continue;
    const hint =
      "Try again after the seconds in Retry-After; raise the limit of open files, or lower --max-connections.";
    const message = `The server has run out of file descriptors or memory (${cause.code}).`;
    return new StreamCsvError("SCSV_BUSY", message, { cause: thrown, hint, retryAfterSeconds: 1 });
  }
  return undefined;
}
