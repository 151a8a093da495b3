import type { AnyResponse } from "../any-response.ts";
import type { RequestHead } from "../head/request-head.ts";

/**
 * Fits a response to a request: it gives the same response changed, or another one in its place. Another one closes the
 * one it replaces when it is closed itself, so that the caller closes, or sends, what it got and nothing else.
 */
export type ResponseTransform = (request: RequestHead, response: AnyResponse) => AnyResponse;
