import { isBodiless } from "../head/status.ts";
import { requireResponse } from "../any-response.ts";
import type { ResponseTransform } from "./response-transform.ts";

/**
 * Makes a transform that sets the Content-Length of a buffered response that has none. Streams and existing lengths
 * stay unchanged; `send()` refuses a wrong length.
 * @example
 * ```js
 * import { contentLength, HttpResponse } from "stream-csv";
 *
 * const response = contentLength()({ method: "GET", headers: {} }, new HttpResponse("pong"));
 * console.log(response.headers.get("Content-Length"));
 * ```
 *
 * ```text
 * 4
 * ```
 */
export function contentLength(): ResponseTransform {
  return (_request, response) => {
    requireResponse("contentLength()", response);
    if (!response.streaming && !isBodiless(response.statusCode)) {
      response.headers.setDefault("Content-Length", response.tell());
    }
    return response;
  };
}
