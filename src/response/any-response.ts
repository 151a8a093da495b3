import type { HttpResponse } from "./http-response.ts";
import type { StreamingHttpResponse } from "./streaming-http-response.ts";

/** Any response; `streaming` tells which, `FileResponse` being a streaming one. */
export type AnyResponse = HttpResponse | StreamingHttpResponse;
