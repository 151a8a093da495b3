import { wrongType } from "../../errors.ts";
import { describeValue } from "../../stream/chunk.ts";
import type { AnyResponse } from "../any-response.ts";
import { appendCookieLine, type HttpResponseBase } from "../http-response-base.ts";
import { HttpResponse } from "../http-response.ts";
import { StreamingHttpResponse } from "../streaming-http-response.ts";

/** They describe one connection, not the answer (RFC 9110, section 7.6.1). */
const connectionHeaders = new Set([
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** `fetch` has decoded the body by then, but leaves the headers that spoke of the coded one. */
const codedHeaders = new Set(["content-encoding", "content-length"]);

/**
 * The Web's `Response` as one of ours, to be sent by `send()`: a streaming one, or an empty buffered one where it has no
 * body. Nothing is read until it is sent; closing it cancels what was not read. Set-Cookie lines are kept as they are.
 *
 * @throws TypeError `SCSV_ARG_TYPE` for what is no Web response, for an error response (status 0), and for one whose body
 *   is being read or was read
 * @throws BadHeaderError `SCSV_BAD_HEADER` for a header that `node:http` can't send; the body is cancelled then
 * @example
 * const upstream = await fetch("https://example.org/data.csv", { signal });
 * await send(fromWebResponse(upstream), req, res);
 */
export function fromWebResponse(webResponse: Response): AnyResponse {
  if (!(webResponse instanceof Response) || webResponse.status === 0) {
    throw wrongType(`fromWebResponse() takes a Web response, not ${describeValue(webResponse)}.`);
  }
  if (webResponse.bodyUsed || webResponse.body?.locked === true) {
    throw wrongType("fromWebResponse() needs a Web response whose body nobody else reads.");
  }
  const { body, status: statusCode, statusText } = webResponse;
  const options = { statusCode, ...(statusText !== "" && { reasonPhrase: statusText }) };
  const response =
    body === null ? new HttpResponse(undefined, options) : new StreamingHttpResponse(body, options);
  try {
    copyHeaders(webResponse, response);
  } catch (error) {
    void response.close(error);
    throw error;
  }
  return response;
}

function copyHeaders(webResponse: Response, response: HttpResponseBase): void {
  const wasDecoded = webResponse.url !== "" && webResponse.headers.has("Content-Encoding");
  response.headers.delete("Content-Type");
  for (const [name, value] of webResponse.headers) {
    if (name === "set-cookie" || connectionHeaders.has(name)) continue;
    if (wasDecoded && codedHeaders.has(name)) continue;
    response.headers.set(name, value);
  }
  for (const line of webResponse.headers.getSetCookie()) appendCookieLine(response, line);
}
