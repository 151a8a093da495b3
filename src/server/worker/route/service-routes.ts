import type { Catalog } from "../../../export/catalog.ts";
import { HttpResponse } from "../../../response/http-response.ts";
import type { Link } from "../../../ipc/link.ts";
import { jsonResponse } from "./json-response.ts";
import type { PrimaryMethods, PrimaryNotes } from "../../protocol/messages.ts";
import type { WorkerState } from "../admission/worker-state.ts";
import { downloadTarget } from "../../page/download-target.ts";
import { indexPage } from "../../page/index-page.ts";
import { pageScript } from "../../page/page-script.ts";
import { pageStyle } from "../../page/page-style.ts";
import type { Route } from "./router.ts";

/** What the service routes need from the worker. */
export interface ServiceContext {
  readonly catalog: Catalog;
  readonly primary: Link<PrimaryMethods, PrimaryNotes>;
  readonly workerState: WorkerState;
}

const accepted = 202;
const prometheusContentType = "text/plain; version=0.0.4; charset=utf-8";
const unavailable = 503;

/** The routes for health, numbers and transfers. Answers about all workers come from the primary. */
export function serviceRoutes({ catalog, primary, workerState }: ServiceContext): readonly Route[] {
  return [
    {
      methods: ["GET"],
      path: "/",
      handler: async () => ({ response: html(indexPage(await catalog.list())) }),
    },
    {
      methods: ["GET"],
      path: "/page.css",
      handler: () => ({ response: text(pageStyle, 200, "text/css; charset=utf-8") }),
    },
    {
      methods: ["GET"],
      path: "/page.js",
      handler: () => ({ response: text(pageScript, 200, "text/javascript; charset=utf-8") }),
    },
    {
      methods: ["GET"],
      path: "/download/:name",
      handler: ({ params, query }) => ({ response: seeOther(downloadTarget(params["name"] ?? "", query)) }),
    },
    { methods: ["GET"], path: "/ping", handler: () => ({ response: text("pong") }) },
    { methods: ["GET"], path: "/livez", handler: () => ({ response: text("ok") }) },
    {
      methods: ["GET"],
      path: "/readyz",
      handler: async () => ({ response: await readiness(workerState, catalog) }),
    },
    {
      methods: ["GET"],
      path: "/stats",
      handler: async () => ({ response: jsonResponse(await primary.call("stats", null)) }),
    },
    {
      methods: ["GET"],
      path: "/metrics",
      handler: async () => ({
        response: text(await primary.call("metrics", null), 200, prometheusContentType),
      }),
    },
    {
      methods: ["GET"],
      path: "/transfers",
      handler: async () => ({ response: jsonResponse({ transfers: await primary.call("transfers", null) }) }),
    },
    {
      methods: ["GET"],
      path: "/transfers/:id",
      handler: async ({ params }) => ({
        response: jsonResponse(await primary.call("transfer", params["id"] ?? "")),
      }),
    },
    {
      methods: ["DELETE"],
      path: "/transfers/:id",
      handler: async ({ params }) => ({
        response: jsonResponse(await primary.call("cancelTransfer", params["id"] ?? ""), accepted),
      }),
    },
  ];
}

async function readiness(workerState: WorkerState, catalog: Catalog): Promise<HttpResponse> {
  if (!workerState.isReady) return text("draining", unavailable);
  return (await catalog.isReadable()) ? text("ok") : text("no source file can be read", unavailable);
}

function text(content: string, statusCode = 200, contentType = "text/plain; charset=utf-8"): HttpResponse {
  return new HttpResponse(content, { statusCode, contentType, headers: { "Cache-Control": "no-store" } });
}

function seeOther(location: string): HttpResponse {
  return new HttpResponse("", {
    statusCode: 303,
    headers: { Location: location, "Cache-Control": "no-store" },
  });
}

function html(content: string): HttpResponse {
  return new HttpResponse(content, { contentType: "text/html; charset=utf-8" });
}
