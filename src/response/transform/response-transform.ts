import type { AnyResponse } from "../any-response.ts";
import type { RequestHead } from "../head/request-head.ts";

/**
 * Adapts a response to a request. It returns the same response changed, or a replacement. Closing a replacement also
 * closes the original, so the caller sends or closes only the result.
 */
export type ResponseTransform = (request: RequestHead, response: AnyResponse) => AnyResponse;
