import type { Caller } from "../../access/caller.ts";
import type { Viewer } from "../../protocol/messages.ts";

/** Whose transfers and jobs a caller sees. */
export function viewerOf({ token, isAdmin }: Caller): Viewer {
  return isAdmin ? "all" : { token: token ?? "" };
}
