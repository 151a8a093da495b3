import type { Socket } from "node:net";
import { StreamCsvError } from "../../../errors.ts";
import { ConnectionLine } from "./connection-line.ts";
import type { Backlog, Placement, PlacementContext } from "./placement.ts";

/**
 * Gives connections to async workers in turn; each takes any number. While no worker is ready, connections wait in
 * order of arrival, within the limits of `--queue` and `--queue-timeout`.
 */
export class RoundRobin<Worker> implements Placement<Worker> {
  readonly #context: PlacementContext<Worker>;
  readonly #line: ConnectionLine;
  /** The next in turn comes first. */
  readonly #ready: Worker[] = [];
  /** Ready workers that don't answer at the moment. They get no connection while another worker answers. */
  readonly #silent = new Set<Worker>();
  readonly #onDrained: (() => void)[] = [];

  constructor(context: PlacementContext<Worker>) {
    this.#context = context;
    this.#line = new ConnectionLine(context, notReady);
  }

  get backlog(): Backlog {
    return { queued: this.#line.length, queueWaitSeconds: this.#line.waitedSeconds, allBusySeconds: null };
  }

  place(socket: Socket): void {
    if (this.#ready.length > 0 && !this.#line.isClosed) this.#handOver(socket, 0);
    else
      this.#line.join(
        socket,
        (waitedSeconds) => this.#handOver(socket, waitedSeconds),
        () => this.#noteChange(),
      );
  }

  join(worker: Worker): void {
    this.#ready.push(worker);
    while (this.#line.length > 0) this.#line.callNext();
    this.#noteChange();
  }

  free(): void {}

  suspend(worker: Worker): void {
    this.#silent.add(worker);
  }

  resume(worker: Worker): void {
    this.#silent.delete(worker);
  }

  leave(worker: Worker): void {
    this.#silent.delete(worker);
    const place = this.#ready.indexOf(worker);
    if (place >= 0) this.#ready.splice(place, 1);
  }

  async drained(): Promise<void> {
    if (this.#line.length > 0) await new Promise<void>((resolve) => this.#onDrained.push(resolve));
  }

  close(reason: Error): void {
    this.#line.close(reason);
    this.#noteChange();
  }

  /** Call this only while a worker is ready. */
  #handOver(socket: Socket, waitedSeconds: number): void {
    const answering = this.#ready.findIndex((worker) => !this.#silent.has(worker));
    const [worker] = this.#ready.splice(Math.max(0, answering), 1);
    if (worker === undefined) return;
    this.#ready.push(worker);
    this.#context.handOver(worker, socket, waitedSeconds);
  }

  #noteChange(): void {
    if (this.#line.length === 0) for (const resolve of this.#onDrained.splice(0)) resolve();
  }
}

function notReady(why: string): StreamCsvError {
  const hint = "Try again after the seconds in Retry-After; the server's log says why no worker is ready.";
  return new StreamCsvError("SCSV_BUSY", `No worker is ready, and ${why}.`, { retryAfterSeconds: 1, hint });
}
