import { HttpResponse } from "../../../response/http-response.ts";
import { wholeServer } from "./request-target.ts";
import type { Route } from "./router.ts";

/** The answer to `OPTIONS *`: the methods that some path of the server supports (RFC 9110, section 9.3.7). */
export function optionsRoute(routes: readonly Route[]): Route {
  const methods = new Set(routes.flatMap((route) => route.methods));
  const allow = [...methods, "HEAD", "OPTIONS"].toSorted().join(", ");
  return {
    methods: ["OPTIONS"],
    path: wholeServer,
    handler: () => ({ response: new HttpResponse("", { statusCode: 204, headers: { Allow: allow } }) }),
  };
}
