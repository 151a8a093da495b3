import type { AnyResponse } from "../../response/any-response.ts";
import { addToList, hasDirective } from "../../response/head/response-headers.ts";

/**
 * Says that an answer depends on a header of its request, so that a cache gives it to no request that differs in it (RFC 9110,
 * section 12.5.5). Answers that no cache may keep don't say it.
 */
export function varyBy({ headers }: AnyResponse, requestHeader: string): void {
  if (!hasDirective(headers.get("Cache-Control"), "no-store")) addToList(headers, "Vary", requestHeader);
}
