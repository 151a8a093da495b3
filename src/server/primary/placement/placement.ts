import type { Socket } from "node:net";
import type { Clock } from "../../../clock.ts";
import type { ServerSettings } from "../../shared/settings.ts";

/** Decides which worker gets a connection, and when: what tells the kinds of worker apart, seen from the primary. */
export interface Placement<Worker> {
  readonly backlog: Backlog;
  /** A connection has been accepted. */
  place(socket: Socket): void;
  /** A worker is ready for its first connection. */
  join(worker: Worker): void;
  /** A worker has given up the connection it had; known of sync workers only. */
  free(worker: Worker, heldSeconds: number): void;
  /** A worker doesn't answer: it gets no connection while another can take it. */
  suspend(worker: Worker): void;
  /** A worker answers again. */
  resume(worker: Worker): void;
  /** A worker has died. */
  leave(worker: Worker): void;
  /** Resolves when nobody waits here, nor for the worker that a wait here was for. */
  drained(): Promise<void>;
  /** From now on no connection is handed over: those that wait and those that come are refused for a reason. */
  close(reason: Error): void;
}

/** The connections that wait in the primary for a worker. */
export interface Backlog {
  readonly queued: number;
  /** Time that connections have waited and still wait, in sum. */
  readonly queueWaitSeconds: number;
  /** Time in which no worker was free to take a connection; null where each takes any number. */
  readonly allBusySeconds: number | null;
}

/** What placing needs of the pool. */
export interface PlacementContext<Worker> {
  readonly settings: ServerSettings;
  readonly clock: Clock;
  handOver(worker: Worker, socket: Socket, queueWaitSeconds: number): void;
  refuse(socket: Socket, reason: Error): void;
  /** Those of the connections whose client has closed its side; see `closedConnections`. */
  closed(sockets: Iterable<Socket>): readonly Socket[];
}
