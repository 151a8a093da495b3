import type { AnyResponse } from "../../response/any-response.ts";

/** Sets what every answer of a server has: the id of its request, and what keeps browsers from taking it for something else. */
export function stampResponse(response: AnyResponse, requestId: string): void {
  const { headers } = response;
  headers.set("X-Request-Id", requestId);
  // No browser runs a text as a script or a page because of its bytes, and no other site's page can include it.
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
}
