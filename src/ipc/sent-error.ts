import {
  StreamCsvError,
  faultCatalog,
  isCodedError,
  toError,
  type FaultCode,
  type FaultDetails,
} from "../errors.ts";

/** An error as plain data. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly details?: Omit<FaultDetails, "cause">;
  /** What caused the error, such as what a database said. */
  readonly cause?: Pick<SentError, "name" | "message" | "code">;
}

/** Converts an error to plain data that can be sent to another process. */
export function sendableError(thrown: unknown): SentError {
  const error = toError(thrown);
  const base = {
    name: error.name,
    message: error.message,
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause instanceof Error ? { cause: sendableCause(error.cause) } : {}),
  };
  if (!(error instanceof StreamCsvError)) return isCodedError(error) ? { ...base, code: error.code } : base;
  // The channel uses JSON, which drops undefined fields.
  const { code, hint, row, column, parameter, retryAfterSeconds } = error;
  return {
    ...base,
    code,
    details: { hint, row, column, parameter, retryAfterSeconds } as Omit<FaultDetails, "cause">,
  };
}

function sendableCause(cause: Error): Pick<SentError, "name" | "message" | "code"> {
  const { name, message } = cause;
  return isCodedError(cause) ? { name, message, code: cause.code } : { name, message };
}

/** Restores an error that another process sent. */
export function receiveError(sent: SentError): Error {
  const cause = sent.cause === undefined ? {} : { cause: receiveError(sent.cause) };
  if (sent.code !== undefined && isFaultCode(sent.code))
    return new StreamCsvError(sent.code, sent.message, { ...sent.details, ...cause });
  const error = Object.assign(
    new Error(sent.message, cause),
    sent.code === undefined ? {} : { code: sent.code },
  );
  error.name = sent.name;
  if (sent.stack !== undefined) error.stack = sent.stack;
  return error;
}

function isFaultCode(code: string): code is FaultCode {
  return Object.hasOwn(faultCatalog, code);
}
