import { isBodiless } from "../head/status.ts";
import type { ResponseTransform } from "./transform.ts";

/**
 * Makes a transform that gives a buffered response its Content-Length, where it has none. A stream is left alone, and so
 * is a length that is there; `send()` refuses a wrong one.
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
    if (!response.streaming && !isBodiless(response.statusCode)) {
      response.headers.setDefault("Content-Length", response.tell());
    }
    return response;
  };
}
