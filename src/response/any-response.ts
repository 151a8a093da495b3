import { types } from "node:util";
import { wrongType } from "../errors.ts";
import { Body } from "../body/body.ts";
import { describeValue } from "../body/chunk.ts";
import { hasMethod } from "../body/chunk-reader.ts";
import { BodyView } from "./body-view.ts";
import { HttpResponseBase } from "./http-response-base.ts";
import type { HttpResponse } from "./http-response.ts";
import type { StreamingHttpResponse } from "./streaming-http-response.ts";

/** Any response. `streaming` says which kind; a `FileResponse` is a streaming one. */
export type AnyResponse = HttpResponse | StreamingHttpResponse;

/** @throws TypeError `SCSV_ARG_TYPE` unless the value is a response */
export function requireResponse(caller: string, response: unknown): asserts response is AnyResponse {
  if (response instanceof HttpResponseBase) return;
  const remedy =
    otherCopyRemedy(response) ?? "Make one, such as csvResponse(rows) or new HttpResponse(text).";
  throw wrongType(`${caller} takes a response, not ${describeValue(response)}. ${remedy}`);
}

/** What to do about a response of another copy of this package, which isn't one here; undefined for any other value. */
export function otherCopyRemedy(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || value instanceof HttpResponseBase) return undefined;
  if (typeof Reflect.get(value, "streaming") !== "boolean" || !hasMethod(value, "onClose")) return undefined;
  return "It is of another copy of this package: install one that both use; npm ls stream-csv lists them.";
}

/** The body of any response, to be pulled chunk by chunk. Buffered content comes in its parts, not joined. */
export function viewBody(response: AnyResponse): BodyView {
  if (!response.streaming) return new BodyView(new Body(response.parts), passBytes);
  const view = response.streamingContent;
  return view instanceof BodyView ? view : new BodyView(new Body(view), passBytes);
}

function passBytes(chunk: unknown): Uint8Array {
  if (types.isUint8Array(chunk)) return chunk;
  throw wrongType(`streamingContent gives byte arrays, not ${describeValue(chunk)}.`);
}
