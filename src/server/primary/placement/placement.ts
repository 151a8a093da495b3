import type { Socket } from "node:net";
import type { Clock } from "../../../clock.ts";
import type { ServerSettings } from "../../shared/settings.ts";

/** Decides which worker gets a connection, and when. Each worker model has its own placement. */
export interface Placement<Worker> {
  readonly backlog: Backlog;
  /** A connection has been accepted. */
  place(socket: Socket): void;
  /** A worker is ready for its first connection. */
  join(worker: Worker): void;
  /** A sync worker has closed its connection. */
  free(worker: Worker, heldSeconds: number): void;
  /** A worker doesn't answer. It gets no connection while another worker can take it. */
  suspend(worker: Worker): void;
  /** A worker answers again. */
  resume(worker: Worker): void;
  /** A worker has died. */
  leave(worker: Worker): void;
  /** Resolves when no connection waits, and no sync worker serves one. */
  drained(): Promise<void>;
  /** Hands over no more connections: waiting and new ones are refused with this reason. */
  close(reason: Error): void;
}

/** The connections that wait in the primary for a worker. */
export interface Backlog {
  readonly queued: number;
  /** Total waiting time, including current waits. */
  readonly queueWaitSeconds: number;
  /** Time in which no worker was free to take a connection; null for workers that take any number. */
  readonly allBusySeconds: number | null;
}

/** What a placement needs from the pool. */
export interface PlacementContext<Worker> {
  readonly settings: ServerSettings;
  readonly clock: Clock;
  handOver(worker: Worker, socket: Socket, queueWaitSeconds: number): void;
  refuse(socket: Socket, reason: Error): void;
  /** Those of the connections whose client has closed its side; see `closedConnections`. */
  closed(sockets: Iterable<Socket>): readonly Socket[];
}
