import { StreamCsvError } from "../../../errors.ts";
import type { AnyResponse } from "../../../response/any-response.ts";
import { FileResponse } from "../../../response/file-response.ts";
import { requestHeader, type RequestHead } from "../../../response/head/request-head.ts";
import { selectRange } from "../../../response/select-range.ts";
import { conditionalGet } from "../../../response/transform/conditional-get.ts";
import { HttpFault } from "../../http/http-fault.ts";

const transform = conditionalGet();

/**
 * Applies the conditions and the range of a request to a response. Returns the response, or a 304 instead. A refused
 * response is closed first.
 * @throws StreamCsvError `SCSV_PRECONDITION_FAILED`, `SCSV_RANGE_NOT_SATISFIABLE`
 */
export async function applyConditions(request: RequestHead, response: AnyResponse): Promise<AnyResponse> {
  const tag = response.headers.get("ETag");
  const fitted = transform(request, response);
  if (fitted.statusCode === 412) {
    await fitted.close();
    throw preconditionFailed(request, tag);
  }
  const bytes = unsatisfiedOf(request, fitted);
  if (bytes !== undefined) {
    await fitted.close();
    const message = `The range "${requestHeader(request, "range") ?? ""}" begins after the end: the file has ${bytes} bytes.`;
    throw new HttpFault("SCSV_RANGE_NOT_SATISFIABLE", message, { "Content-Range": `bytes */${bytes}` });
  }
  return fitted;
}

/** The size of a file that has no byte in the requested range; undefined if the range can be sent. */
function unsatisfiedOf(request: RequestHead, response: AnyResponse): number | undefined {
  if (!(response instanceof FileResponse) || response.statusCode !== 200) return undefined;
  const bytes = Number(response.headers.get("Content-Length"));
  return selectRange(request, response.headers, bytes) === "unsatisfiable" ? bytes : undefined;
}

function preconditionFailed(request: RequestHead, tag: string | undefined): StreamCsvError {
  const ifMatch = requestHeader(request, "if-match");
  const has =
    tag === undefined ? "this text has no ETag, because it is made while it is sent" : `its ETag is ${tag}`;
  const message =
    ifMatch === undefined
      ? `The text has changed since ${requestHeader(request, "if-unmodified-since") ?? "then"}.`
      : `If-Match asks for ${ifMatch}, and ${has}.`;
  return new StreamCsvError("SCSV_PRECONDITION_FAILED", message);
}
