import type { Viewer } from "../../protocol/messages.ts";

/** Whether a viewer sees what runs for a token; null for what runs for none. */
export function isSeenBy(viewer: Viewer, token: string | null): boolean {
  return viewer === "all" || viewer.token === token;
}
