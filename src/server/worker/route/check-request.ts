import type { IncomingMessage } from "node:http";
import { StreamCsvError } from "../../../errors.ts";
import type { HttpSettings } from "../../shared/http-settings.ts";
import { withoutUser } from "../../http/loggable-target.ts";
import { isAuthority } from "./authority.ts";

/**
 * Refuses requests that Node's parser accepts and this server doesn't.
 * @throws StreamCsvError `SCSV_BAD_REQUEST`, `SCSV_HEAD_TOO_LARGE`, `SCSV_BODY_TOO_LARGE`
 */
export function checkRequest(
  req: IncomingMessage,
  { headerCount, bodyBytes }: Pick<HttpSettings, "headerCount" | "bodyBytes">,
): void {
  const { httpVersion, httpVersionMajor, httpVersionMinor, rawHeaders, headers } = req;
  if (httpVersionMajor !== 1) {
    const message = `The request speaks HTTP/${httpVersion}; this server speaks HTTP/1.0 and HTTP/1.1.`;
    throw new StreamCsvError("SCSV_BAD_REQUEST", message);
  }
  const count = rawHeaders.length / 2;
  if (count > headerCount) {
    const message = `The request has ${count} header lines, and ${headerCount} are allowed.`;
    throw new StreamCsvError("SCSV_HEAD_TOO_LARGE", message);
  }
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host").length;
  // RFC 9112, section 3.2: a proxy may have used another one of them.
  if (hosts > 1 || (hosts === 0 && httpVersionMinor > 0)) {
    const message = `The request has ${hosts} Host lines; HTTP/1.1 requires one.`;
    throw new StreamCsvError("SCSV_BAD_REQUEST", message);
  }
  if (headers.host !== undefined && !isAuthority(headers.host)) {
    const message = `${JSON.stringify(withoutUser(headers.host))} is not a valid Host. Use a name or an address, with an optional port.`;
    throw new StreamCsvError("SCSV_BAD_REQUEST", message);
  }
  const length =
    headers["transfer-encoding"] === undefined ? Number(headers["content-length"] ?? 0) : Infinity;
  if (length > bodyBytes) {
    const size = length === Infinity ? "a body of unknown length" : `a body of ${length} bytes`;
    const message = `The request has ${size}, and ${bodyBytes} bytes are allowed.`;
    throw new StreamCsvError("SCSV_BODY_TOO_LARGE", message);
  }
}
