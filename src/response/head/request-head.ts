/**
 * What a transform or an adapter needs of a request. Node's `IncomingMessage`, Fastify's and Express's requests and the
 * Web's `Request` all are one.
 */
export interface RequestHead {
  readonly method?: string | undefined;
  readonly headers:
    | Readonly<Record<string, string | readonly string[] | undefined>>
    | { get(name: string): string | null };
}

/** One header of a request, several lines joined as one list; `name` in lower case. */
export function requestHeader(request: RequestHead, name: string): string | undefined {
  const { headers } = request;
  if (isWebHeaders(headers)) return headers.get(name) ?? undefined;
  const value = headers[name] ?? findInAnyCase(headers, name);
  return value === undefined || typeof value === "string" ? value : value.join(", ");
}

/** The method in upper case; GET where there is none. */
export function requestMethod(request: RequestHead): string {
  return request.method?.toUpperCase() ?? "GET";
}

function isWebHeaders(headers: RequestHead["headers"]): headers is { get(name: string): string | null } {
  return typeof headers["get"] === "function";
}

/** Node gives names in lower case; a record made by hand may not. */
function findInAnyCase<T>(headers: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}
