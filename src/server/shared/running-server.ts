/** A server that is running. */
export interface RunningServer {
  readonly url: string;
  /** Stops in good order: takes no new clients, lets transfers finish within the drain time-out, cuts the rest. */
  drain(): void;
  /** Stops at once. */
  kill(): void;
  /** Resolves when no process, socket or temporary file of the server is left. */
  readonly stopped: Promise<{ readonly cutTransfers: number }>;
}
