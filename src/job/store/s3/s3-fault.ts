import { isCodedError, StreamCsvError, toError } from "../../../errors.ts";

/** What an error of the SDK may have besides its message. */
interface SdkError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** When to ask a service again that can't be reached or is overloaded. */
const retryAfterSeconds = 10;

/** The HTTP status of a store's answer; undefined if there was none. */
export function statusOf(error: unknown): number | undefined {
  return (error as Partial<SdkError> | undefined)?.$metadata?.httpStatusCode;
}

/** A fault of the store in its own words, which may be logged and sent to other processes. */
export function s3Fault(thrown: unknown, store: string, action: string): StreamCsvError {
  const status = statusOf(thrown);
  const cause = withoutSecrets(thrown);
  const said = [status, cause.code, cause.message]
    .filter((part) => part !== undefined && part !== "")
    .join(" ");
  return new StreamCsvError(
    "SCSV_STORE_UNAVAILABLE",
    `The store ${store} failed to ${action}: ${said}${/[.!?]$/.test(said) ? "" : "."}`,
    {
      cause,
      ...hintFor(status, cause.code),
      ...(status === undefined || status >= 500 ? { retryAfterSeconds } : {}),
    },
  );
}

/**
 * An error with the name, the code and the words of one of the SDK. What the SDK adds to its errors, such as the request with its
 * signature, isn't kept, nor are keys and signatures that a service quotes from a request or a signed address.
 */
export function withoutSecrets(thrown: unknown): Error & { readonly code: string } {
  const error = toError(thrown);
  const words = error.message
    .replaceAll(/\?\S+/g, (query) => (/x-amz-/i.test(query) ? "?…" : query))
    .replaceAll(/\b(credential|signature|authorization|security-token)\s*[=:]\s*[^\s,;]+/gi, "$1=…");
  const code = isCodedError(error) ? error.code : error.name;
  return Object.assign(new Error(words), { name: error.name, code });
}

function hintFor(status: number | undefined, code: string): { readonly hint?: string } {
  if (code === "CredentialsProviderError")
    return {
      hint: "Give the server credentials where the AWS SDK looks for them, such as AWS_ACCESS_KEY_ID.",
    };
  if (code === "NoSuchBucket") return { hint: "Create the bucket, or correct the store of the jobs." };
  if (status === 401 || status === 403)
    return { hint: "Check the credentials and what they may do; docs/guides/jobs.md lists what they need." };
  return {};
}
