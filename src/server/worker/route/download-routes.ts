import { HttpResponse } from "../../../response/http-response.ts";
import { downloadTarget } from "../../page/download-target.ts";
import { pageResponse } from "../../page/page-response.ts";
import { redirectPage } from "../../page/redirect-page.ts";
import { serveExport, type ExportContext } from "./export-routes.ts";
import { serveResult, type JobContext } from "./job-routes.ts";
import type { Handler, Route } from "./router.ts";

/**
 * Where the page's downloads lead. A browser saves them as they come, but sends no header of a token with them. Therefore the
 * script sends the token in a form, to `/download` and the path of an export or a result: never in an address, which is kept and
 * logged.
 */
export function downloadRoutes(context: ExportContext & JobContext): readonly Route[] {
  return [
    {
      // Without script: to the export, without the fields that were left empty.
      methods: ["GET"],
      path: "/download/:name",
      handler: ({ params, query }) => ({ response: seeOther(downloadTarget(params["name"] ?? "", query)) }),
    },
    {
      hasTokenInForm: true,
      methods: ["POST"],
      path: "/download/exports/:file",
      handler: asGet(serveExport(context)),
    },
    {
      hasTokenInForm: true,
      methods: ["POST"],
      path: "/download/jobs/:file",
      handler: asGet(async (request) => {
        const answer = await serveResult(context, request);
        const url = answer.response.headers.get("Location");
        // The policy of the page lets no form lead to another site, not even by a redirect.
        return url === undefined ? answer : { response: pageResponse(redirectPage(url)) };
      }),
    },
  ];
}

function asGet(handler: Handler): Handler {
  return (request) => handler({ ...request, method: "GET" });
}

function seeOther(location: string): HttpResponse {
  return new HttpResponse("", {
    statusCode: 303,
    headers: { Location: location, "Cache-Control": "no-store" },
  });
}
