import type { ServerResponse } from "node:http";
import { outdatedHeaders } from "./head/coded-headers.ts";
import { weaken } from "./head/entity-tag.ts";

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
 * behind the body. If such middleware sets a Content-Encoding, headers that describe the bytes before are adapted.
 */
export function keepFraming(res: ServerResponse, writeHead: () => void): void {
  // Node passes headers from the arguments of writeHead() to setHeader() only if the answer has had another one before.
  if (![...framingHeaders].some((name) => res.hasHeader(name))) {
    res.setHeader("Trailer", "");
    res.removeHeader("Trailer");
  }
  const setHeader = res.setHeader.bind(res);
  const appendHeader = res.appendHeader.bind(res);
  const removeHeader = res.removeHeader.bind(res);
  let isActive = true;
  const isFraming = (name: unknown): boolean => isActive && framingHeaders.has(String(name).toLowerCase());
  // These stay on the answer, and then pass everything on: V8 makes an object slow when its properties are deleted.
  res.setHeader = (name, value) => {
    if (isFraming(name)) return res;
    const isNewCoding = isActive && isCoding(name, value) && !res.hasHeader("Content-Encoding");
    setHeader(name, value);
    if (isNewCoding) adaptToCoding(res);
    return res;
  };
  res.appendHeader = (name, value) => (isFraming(name) ? res : appendHeader(name, value));
  res.removeHeader = (name) => {
    if (!isFraming(name) || name.toLowerCase() === "content-length") removeHeader(name);
  };
  try {
    writeHead();
  } finally {
    isActive = false;
  }
}

function isCoding(name: unknown, value: unknown): boolean {
  return String(name).toLowerCase() === "content-encoding" && value !== "identity" && value !== "";
}

/**
 * Makes a strong tag weak, and removes what doesn't hold for the compressed bytes. Otherwise a client could go on with a
 * compressed download by a range of the file, since both have the same tag.
 */
function adaptToCoding(res: ServerResponse): void {
  const tag = res.getHeader("ETag");
  if (typeof tag === "string") res.setHeader("ETag", weaken(tag));
  for (const name of outdatedHeaders) if (!framingHeaders.has(name.toLowerCase())) res.removeHeader(name);
}
