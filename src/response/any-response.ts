import { wrongType } from "../errors.ts";
import { Body } from "../body/body.ts";
import { describeValue } from "../body/chunk.ts";
import { BodyView } from "./body-view.ts";
import type { HttpResponse } from "./http-response.ts";
import type { StreamingHttpResponse } from "./streaming-http-response.ts";

/** Any response. `streaming` says which kind; a `FileResponse` is a streaming one. */
export type AnyResponse = HttpResponse | StreamingHttpResponse;

/** The body of any response, to be pulled chunk by chunk. Buffered content comes in its parts, not joined. */
export function viewBody(response: AnyResponse): BodyView {
  if (!response.streaming) return new BodyView(new Body(response.parts), passBytes);
  const view = response.streamingContent;
  return view instanceof BodyView ? view : new BodyView(new Body(view), passBytes);
}

function passBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw wrongType(`streamingContent gives byte arrays, not ${describeValue(chunk)}.`);
}
