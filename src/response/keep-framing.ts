import type { ServerResponse } from "node:http";

/** Headers that say where a body ends. One that contradicts the body would break the connection. */
export const framingHeaders: ReadonlySet<string> = new Set([
  "content-length",
  "transfer-encoding",
  "trailer",
]);

/**
 * Calls `writeHead`, in which middleware may change headers: the package on-headers, for example, calls its listeners
 * there. The framing headers, which are set before, stay as they are; all others may change. Only Content-Length may be
 * removed, because middleware that compresses the body must remove it. Node then sends chunks, or closes the connection
 * behind the body.
 */
export function keepFraming(res: ServerResponse, writeHead: () => void): void {
  // Node passes headers from the arguments of writeHead() to setHeader() only if the answer has had another one before.
  if (![...framingHeaders].some((name) => res.hasHeader(name))) {
    res.setHeader("Trailer", "");
    res.removeHeader("Trailer");
  }
  const setHeader = methodOf(res, "setHeader");
  const appendHeader = methodOf(res, "appendHeader");
  const removeHeader = methodOf(res, "removeHeader");
  let isActive = true;
  const isFraming = (name: unknown): boolean => isActive && framingHeaders.has(String(name).toLowerCase());
  // These stay on the answer, and then pass everything on: V8 makes an object slow when its properties are deleted.
  res.setHeader = function (this: ServerResponse, name, value) {
    return isFraming(name) ? this : setHeader.call(this, name, value);
  } as typeof setHeader;
  res.appendHeader = function (name, value) {
    return isFraming(name) ? this : appendHeader.call(this, name, value);
  };
  res.removeHeader = function (name) {
    if (!isFraming(name) || name.toLowerCase() === "content-length") removeHeader.call(this, name);
  };
  try {
    writeHead();
  } finally {
    isActive = false;
  }
}

function methodOf<K extends keyof ServerResponse>(res: ServerResponse, name: K): ServerResponse[K] {
  return Reflect.get(res, name) as ServerResponse[K];
}
