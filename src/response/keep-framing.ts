import type { ServerResponse } from "node:http";

/** Headers that say where a body ends. One that contradicts the body would break the connection. */
export const framingHeaders: ReadonlySet<string> = new Set([
  "content-length",
  "transfer-encoding",
  "trailer",
]);

type Change = "setHeader" | "appendHeader" | "removeHeader";

/**
 * Calls `writeHead`, in which middleware may change headers: the package on-headers, for example, calls its listeners
 * there. The framing headers, which are set before, stay as they are; all others may change. Only Content-Length may be
 * removed, because middleware that compresses the body must remove it. Node then sends chunks, or closes the connection
 * behind the body.
 */
export function keepFraming(res: ServerResponse, writeHead: () => void): void {
  // Node passes headers from the arguments of writeHead() to setHeader() only if the answer has had another one before.
  res.setHeader("Trailer", res.getHeader("Trailer") ?? "");
  if (res.getHeader("Trailer") === "") res.removeHeader("Trailer");
  const undo = [
    refuse(res, "setHeader", () => true),
    refuse(res, "appendHeader", () => true),
    refuse(res, "removeHeader", (name) => name !== "content-length"),
  ];
  try {
    writeHead();
  } finally {
    // In reverse order, because V8 makes an object slow when any but its newest property is deleted.
    for (const each of undo.toReversed()) each();
  }
}

/** Makes a method of the answer ignore framing headers; returns what undoes that. */
function refuse(res: ServerResponse, method: Change, isRefused: (name: string) => boolean): () => void {
  const isOwn = Object.hasOwn(res, method);
  const original = res[method] as (...args: readonly unknown[]) => unknown;
  let isActive = true;
  const guard = function (this: ServerResponse, ...args: readonly unknown[]): unknown {
    const name = String(args[0]).toLowerCase();
    if (isActive && framingHeaders.has(name) && isRefused(name)) return this;
    return Reflect.apply(original, this, args);
  };
  Object.assign(res, { [method]: guard });
  return () => {
    isActive = false;
    // Middleware may have wrapped the guard meanwhile; then it stays, and passes everything on.
    if ((res[method] as unknown) !== guard) return;
    if (isOwn) Object.assign(res, { [method]: original });
    else Reflect.deleteProperty(res, method);
  };
}
