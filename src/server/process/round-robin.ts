import type { Socket } from "node:net";
import type { Backlog, Placement, PlacementContext } from "./placement.ts";

/** Hands connections to async workers in turn; each takes any number. While no worker is ready they wait for one. */
export class RoundRobin<Worker> implements Placement<Worker> {
  /** Nobody waits for a worker that takes any number; exports wait in it. */
  readonly backlog: Backlog = { queued: 0, queueWaitSeconds: 0, allBusySeconds: null };
  readonly #context: PlacementContext<Worker>;
  /** The next in turn first. */
  readonly #ready: Worker[] = [];
  readonly #unplaced: Socket[] = [];
  #closedFor: Error | undefined;

  constructor(context: PlacementContext<Worker>) {
    this.#context = context;
  }

  place(socket: Socket): void {
    if (this.#closedFor !== undefined) {
      this.#context.refuse(socket, this.#closedFor);
      return;
    }
    const worker = this.#ready.shift();
    if (worker === undefined) {
      this.#unplaced.push(socket);
      return;
    }
    this.#ready.push(worker);
    this.#context.handOver(worker, socket, 0);
  }

  join(worker: Worker): void {
    this.#ready.push(worker);
    for (const socket of this.#unplaced.splice(0)) this.place(socket);
  }

  free(): void {}

  leave(worker: Worker): void {
    const place = this.#ready.indexOf(worker);
    if (place >= 0) this.#ready.splice(place, 1);
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  close(reason: Error): void {
    this.#closedFor = reason;
    for (const socket of this.#unplaced.splice(0)) this.#context.refuse(socket, reason);
  }
}
