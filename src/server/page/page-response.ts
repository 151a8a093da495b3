import { HttpResponse } from "../../response/http-response.ts";

/**
 * The headers of a page: a browser runs, loads and asks nothing but what this server has, shows the page in no frame, and tells
 * no other site its address.
 *
 * The origin goes with a form to this server, which refuses a POST that hides it.
 */
const pageHeaders: Readonly<Record<string, string>> = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "connect-src 'self'",
    "img-src data:",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "same-origin",
  "Cache-Control": "no-store",
};

/** A page with the headers that all of them have. */
export function pageResponse(markup: string, statusCode = 200): HttpResponse {
  return new HttpResponse(markup, {
    statusCode,
    contentType: "text/html; charset=utf-8",
    headers: pageHeaders,
  });
}
