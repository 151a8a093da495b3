import { wrongType } from "../errors.ts";
import type { CodedError } from "../errors.ts";
import type { AnyResponse } from "./any-response.ts";

const claimed = new WeakSet<AnyResponse>();

/**
 * Takes a response for one client; false if another one is still getting it. A body that is made while it is sent is
 * read once: two clients would each get a part of it, and take that for the whole. Content in memory goes to any
 * number of clients, and a response that was closed has no body any more.
 */
export function claim(response: AnyResponse): boolean {
  if (!response.streaming) return true;
  if (claimed.has(response) && !response.closed) return false;
  claimed.add(response);
  return true;
}

/** The error for a response that another client is still getting. */
export function claimedElsewhere(caller: string): CodedError<TypeError> {
  return wrongType(
    `${caller} got a response that is being sent already. Its body is read once, so make a new response for each request.`,
  );
}
