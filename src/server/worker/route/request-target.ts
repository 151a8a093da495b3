import { StreamCsvError } from "../../../errors.ts";
import { isSecretParameter } from "../../../export/secret-parameter.ts";
import { loggableTarget } from "../../http/loggable-target.ts";
import type { HttpSettings } from "../../shared/http-settings.ts";
import { isHttpAuthority } from "./authority.ts";

/** The target of a request: the path as sent, whose encoding is valid, and the decoded query. */
export interface RequestTarget {
  readonly path: string;
  /** In order, including repeated names. */
  readonly query: URLSearchParams;
}

/** The target of an OPTIONS request that asks about the server as a whole (RFC 9112, section 3.2.4). */
export const wholeServer = "*";

/** Error messages quote at most this much of the client's text, and no secret: the log has them, too. */
const quotedLength = 100;

/**
 * Splits a request target (RFC 9112, section 3.2) without resolving it: `//` is not a host here, and `..` not a
 * parent folder. Unlike `URL`, it refuses percent-encoding that is damaged or not UTF-8.
 * @throws StreamCsvError `SCSV_TARGET_TOO_LONG`, `SCSV_BAD_REQUEST`, and `SCSV_BAD_PARAMETER` for a NUL
 */
export function readTarget(
  target: string,
  { targetBytes, parameterCount }: Pick<HttpSettings, "targetBytes" | "parameterCount">,
  method = "GET",
): RequestTarget {
  if (target === wholeServer && method === "OPTIONS")
    return { path: wholeServer, query: new URLSearchParams() };
  if (target.length > targetBytes) {
    const message = `The path and query have ${target.length} bytes, and ${targetBytes} are allowed.`;
    throw new StreamCsvError("SCSV_TARGET_TOO_LONG", message);
  }
  const [origin = "", authority = ""] = /^https?:\/\/([^/?#]*)/i.exec(target) ?? [];
  if (origin !== "" && !isHttpAuthority(authority))
    throw badRequest(
      `The target ${quote(loggableTarget(target))} has no valid host; a user, an empty host and a zone aren't allowed.`,
    );
  const rest = target.slice(origin.length);
  if (rest.includes("#"))
    throw badRequest(
      `The target ${quote(loggableTarget(rest))} has a fragment, which clients must not send. Leave it out.`,
    );
  if (origin === "" && !rest.startsWith("/"))
    throw badRequest(
      `The target ${quote(loggableTarget(rest))} is neither a path nor a URL; a path begins with "/". Only OPTIONS may have "*".`,
    );
  const mark = rest.indexOf("?");
  const path = (mark < 0 ? rest : rest.slice(0, mark)) || "/";
  if (decode(path, "path").includes("\0")) throw badRequest(`The path ${quote(path)} holds a NUL.`);
  return { path, query: readPairs(mark < 0 ? "" : rest.slice(mark + 1), parameterCount) };
}

/** Reads the pairs of a query, or of a form. @throws StreamCsvError `SCSV_BAD_REQUEST`, `SCSV_BAD_PARAMETER` for a NUL */
export function readPairs(text: string, most: number): URLSearchParams {
  const query = new URLSearchParams();
  if (text === "") return query;
  const pairs = text.split("&").filter((pair) => pair !== "");
  if (pairs.length > most)
    throw badRequest(`The query has ${pairs.length} parameters, and ${most} are allowed.`);
  for (const pair of pairs) {
    const mark = pair.indexOf("=");
    const name = decode(spaced(mark < 0 ? pair : pair.slice(0, mark)), "name of a parameter");
    const isSecret = isSecretParameter(name);
    const value = mark < 0 ? "" : decode(spaced(pair.slice(mark + 1)), `parameter "${name}"`, isSecret);
    if (name.includes("\0") || value.includes("\0")) {
      const shown = quote(isSecret ? "…" : value);
      const message = `The parameter ${quote(name)} holds a NUL, with value ${shown}; no parameter may.`;
      throw new StreamCsvError("SCSV_BAD_PARAMETER", message, { parameter: name });
    }
    query.append(name, value);
  }
  return query;
}

/** A space in a form. */
function spaced(text: string): string {
  return text.replaceAll("+", " ");
}

function decode(text: string, what: string, isSecret = false): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badRequest(
      `The ${what} can't be read: the percent-encoding in ${quote(isSecret ? "…" : text)} is damaged or isn't UTF-8.`,
    );
  }
}

function quote(text: string): string {
  return JSON.stringify(text.length > quotedLength ? `${text.slice(0, quotedLength)}…` : text);
}

function badRequest(message: string): StreamCsvError {
  return new StreamCsvError("SCSV_BAD_REQUEST", message);
}
