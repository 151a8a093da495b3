import type { ServerSettings } from "./settings.ts";

/** A server that is running. */
export interface RunningServer {
  readonly url: string;
  /** The URL of numbers and transfers, where they have a port of their own; else null. */
  readonly adminUrl: string | null;
  /**
   * Uses other tokens, links and issuers for all requests that follow; running transfers go on.
   * @throws what `startServer` throws for settings that can't be used; then the earlier ones stay
   */
  replaceAccess(access: Pick<ServerSettings, "tokens" | "links" | "auth">): void;
  /** Stops in good order: takes no new clients, lets transfers finish within the drain time-out, cuts the rest. */
  drain(): void;
  /** Stops at once. */
  kill(): void;
  /** Resolves when no process, socket or temporary file of the server is left. */
  readonly stopped: Promise<{ readonly cutTransfers: number }>;
}
