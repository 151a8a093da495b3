import type { Catalog } from "../../../export/catalog.ts";
import { HttpResponse } from "../../../response/http-response.ts";
import type { Link } from "../../../ipc/link.ts";
import { jsonResponse } from "./json-response.ts";
import type { PrimaryMethods, PrimaryNotes } from "../../protocol/messages.ts";
import type { WorkerState } from "../admission/worker-state.ts";
import type { Caller } from "../../access/caller.ts";
import { indexPage, type PagePart } from "../../page/index-page.ts";
import { pageResponse } from "../../page/page-response.ts";
import { pageScript } from "../../page/page-script.ts";
import { pageStyle } from "../../page/page-style.ts";
import { signInPage } from "../../page/sign-in-page.ts";
import type { Route } from "./router.ts";
import { viewerOf } from "./viewer-of.ts";

/** What the service routes need from the worker. */
export interface ServiceContext {
  readonly catalog: Catalog;
  readonly primary: Link<PrimaryMethods, PrimaryNotes>;
  readonly workerState: WorkerState;
}

const accepted = 202;
const prometheusContentType = "text/plain; version=0.0.4; charset=utf-8";
const unavailable = 503;

/** The page for people, with what they may have of its parts; its style and script hold nothing of theirs. */
export function pageRoutes({ catalog }: ServiceContext, parts: readonly PagePart[]): readonly Route[] {
  return [
    {
      methods: ["GET"],
      path: "/",
      signIn: (takesTokens) => pageResponse(signInPage(takesTokens), 401),
      handler: async ({ caller }) => {
        const exports = (await catalog.list()).filter(({ name }) => caller.mayExport(name));
        return { response: pageResponse(indexPage(exports, partsFor(caller, parts), caller.bound)) };
      },
    },
    {
      audience: "anyone",
      methods: ["GET"],
      path: "/page.css",
      handler: () => ({ response: text(pageStyle, 200, "text/css; charset=utf-8") }),
    },
    {
      audience: "anyone",
      methods: ["GET"],
      path: "/page.js",
      handler: () => ({ response: text(pageScript, 200, "text/javascript; charset=utf-8") }),
    },
  ];
}

/** A link to the page opens nothing that the page leads to. */
function partsFor({ isAdmin, hasTransfers }: Caller, parts: readonly PagePart[]): readonly PagePart[] {
  return parts.filter((part) => (part === "workers" ? isAdmin : hasTransfers));
}

/** The routes for health, which need no token. */
export function healthRoutes({ catalog, workerState }: ServiceContext): readonly Route[] {
  return [
    { audience: "anyone", methods: ["GET"], path: "/ping", handler: () => ({ response: text("pong") }) },
    { audience: "anyone", methods: ["GET"], path: "/livez", handler: () => ({ response: text("ok") }) },
    {
      audience: "anyone",
      methods: ["GET"],
      path: "/readyz",
      handler: async () => ({ response: await readiness(workerState, catalog) }),
    },
  ];
}

/** The routes for numbers and transfers. Answers about all workers come from the primary. */
export function serviceRoutes({ primary }: ServiceContext): readonly Route[] {
  return [
    {
      audience: "admin",
      methods: ["GET"],
      path: "/stats",
      handler: async () => ({ response: jsonResponse(await primary.call("stats", null)) }),
    },
    {
      audience: "admin",
      methods: ["GET"],
      path: "/metrics",
      handler: async () => ({
        response: text(await primary.call("metrics", null), 200, prometheusContentType),
      }),
    },
    {
      audience: "token",
      methods: ["GET"],
      path: "/transfers",
      handler: async ({ caller }) => ({
        response: jsonResponse({ transfers: await primary.call("transfers", viewerOf(caller)) }),
      }),
    },
    {
      audience: "token",
      methods: ["GET"],
      path: "/transfers/:id",
      handler: async ({ params, caller }) => ({
        response: jsonResponse(
          await primary.call("transfer", { id: params["id"] ?? "", viewer: viewerOf(caller) }),
        ),
      }),
    },
    {
      audience: "token",
      methods: ["DELETE"],
      path: "/transfers/:id",
      handler: async ({ params, caller }) => {
        const asked = { id: params["id"] ?? "", viewer: viewerOf(caller) };
        return { response: jsonResponse(await primary.call("cancelTransfer", asked), accepted) };
      },
    },
  ];
}

async function readiness(workerState: WorkerState, catalog: Catalog): Promise<HttpResponse> {
  if (!workerState.isReady) return text("draining", unavailable);
  return (await catalog.isReadable()) ? text("ok") : text("no source can be read", unavailable);
}

function text(content: string, statusCode = 200, contentType = "text/plain; charset=utf-8"): HttpResponse {
  return new HttpResponse(content, { statusCode, contentType, headers: { "Cache-Control": "no-store" } });
}
