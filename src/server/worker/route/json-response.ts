import { HttpResponse } from "../../../response/http-response.ts";

/** A value as a JSON document that caches don't store. */
export function jsonResponse(value: unknown, statusCode = 200): HttpResponse {
  return new HttpResponse(`${JSON.stringify(value)}\n`, {
    statusCode,
    contentType: "application/json",
    headers: { "Cache-Control": "no-store" },
  });
}
