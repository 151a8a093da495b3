import { requireObject, requireText } from "../../check-arguments.ts";

/**
 * The parts of a request that transforms and adapters read. Node's `IncomingMessage`, the requests of Fastify and
 * Express, and the Web's `Request` all have them.
 */
export interface RequestHead {
  readonly method?: string | undefined;
  readonly headers:
    | Readonly<Record<string, string | readonly string[] | undefined>>
    | { get(name: string): string | null };
}

/** @throws TypeError `SCSV_ARG_TYPE` unless the value has the headers of a request, and perhaps a method */
export function requireRequestHead(caller: string, request: unknown): asserts request is RequestHead {
  if (isRequestHead(request)) return;
  requireObject(`The request of ${caller}`, request, "headers");
  const { headers, method } = request as { readonly headers: unknown; readonly method?: unknown };
  requireObject(`headers in the request of ${caller}`, headers);
  requireText(`method in the request of ${caller}`, method);
}

function isRequestHead(request: unknown): boolean {
  if (typeof request !== "object" || request === null) return false;
  const { headers, method } = request as { readonly headers?: unknown; readonly method?: unknown };
  if (typeof headers !== "object" || headers === null) return false;
  return method === undefined || typeof method === "string";
}

/** One header of a request; several lines are joined into one list. `name` must be in lower case. */
export function requestHeader(request: RequestHead, name: string): string | undefined {
  const { headers } = request;
  if (isWebHeaders(headers)) return headers.get(name) ?? undefined;
  const value = headers[name] ?? findInAnyCase(headers, name);
  return value === undefined || typeof value === "string" ? value : value.join(", ");
}

/** The method in upper case; GET if it is missing. */
export function requestMethod(request: RequestHead): string {
  return request.method?.toUpperCase() ?? "GET";
}

function isWebHeaders(headers: RequestHead["headers"]): headers is { get(name: string): string | null } {
  return typeof headers["get"] === "function";
}

/** Node gives names in lower case, but a caller's own record may have others. */
function findInAnyCase<T>(headers: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}
