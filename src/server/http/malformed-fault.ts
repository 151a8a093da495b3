import { isCodedError, StreamCsvError } from "../../errors.ts";

/** A request line that is valid apart from an unknown method (RFC 9112, section 3). */
const requestLine = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ \S+ HTTP\/1\.[01]\r?$/;

/** The fault in input that Node couldn't parse; undefined if the connection itself broke. */
export function malformedFault(error: Error): StreamCsvError | undefined {
  const code = isCodedError(error) ? error.code : "";
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return new StreamCsvError("SCSV_HEAD_TOO_LARGE", "The head of the request is larger than allowed.");
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return new StreamCsvError("SCSV_BODY_TOO_LARGE", "The chunk extensions are longer than allowed.");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new StreamCsvError("SCSV_REQUEST_TIMEOUT", "The request didn't arrive completely in time.");
    case "HPE_INVALID_METHOD": {
      const line = lineAt(error);
      if (line !== undefined && requestLine.test(line)) return methodUnknown(line.split(" ")[0] ?? "");
      break;
    }
    default:
  }
  if (!code.startsWith("HPE_")) return undefined;
  const reason = "reason" in error && typeof error.reason === "string" ? error.reason : error.message;
  return new StreamCsvError("SCSV_BAD_REQUEST", `The input is not an HTTP/1.1 request: ${reason} (${code}).`);
}

/** CONNECT requests a tunnel instead of a path, so no path could list it in Allow. */
export function connectFault(): StreamCsvError {
  return methodUnknown("CONNECT");
}

function methodUnknown(method: string): StreamCsvError {
  return new StreamCsvError("SCSV_METHOD_UNKNOWN", `The server doesn't know the method "${method}".`);
}

/** The line in which Node's parser stopped. */
function lineAt(error: Error): string | undefined {
  if (!("rawPacket" in error && error.rawPacket instanceof Uint8Array)) return undefined;
  const at = "bytesParsed" in error && typeof error.bytesParsed === "number" ? error.bytesParsed : 0;
  const text = Buffer.from(error.rawPacket).toString("latin1");
  const start = at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
  const end = text.indexOf("\n", at);
  return end < 0 ? undefined : text.slice(start, end);
}
