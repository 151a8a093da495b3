import type { Socket } from "node:net";
import { StreamCsvError } from "../../../errors.ts";
import { Occupancy } from "../../../admission/occupancy.ts";
import { HoldEstimate } from "../../../admission/hold-estimate.ts";
import { ConnectionLine } from "./connection-line.ts";
import type { Backlog, Placement, PlacementContext } from "./placement.ts";

/**
 * Gives a connection only to a sync worker that has none. While all workers are busy, connections wait in order of
 * arrival. A connection is refused, with a Retry-After, if the queue is full or it has waited too long.
 */
export class FreeOnly<Worker> implements Placement<Worker> {
  readonly #context: PlacementContext<Worker>;
  readonly #line: ConnectionLine;
  /** The worker that has been free longest comes first. */
  readonly #free = new Set<Worker>();
  readonly #serving = new Set<Worker>();
  /** Free workers that don't answer at the moment. */
  readonly #silent = new Set<Worker>();
  readonly #holds = new HoldEstimate();
  /** Measures the time in which all workers are busy. */
  readonly #allBusy: Occupancy;
  #endAllBusy: (() => number) | undefined;
  readonly #onDrained: (() => void)[] = [];

  constructor(context: PlacementContext<Worker>) {
    this.#context = context;
    this.#line = new ConnectionLine(context, (why) => this.#busy(why));
    this.#allBusy = new Occupancy(context.clock);
  }

  get backlog(): Backlog {
    return {
      queued: this.#line.length,
      queueWaitSeconds: this.#line.waitedSeconds,
      allBusySeconds: this.#allBusy.heldSeconds,
    };
  }

  place(socket: Socket): void {
    if (this.#free.size > 0 && !this.#line.isClosed) this.#handOver(socket, 0);
    else
      this.#line.join(
        socket,
        (waitedSeconds) => this.#handOver(socket, waitedSeconds),
        () => this.#noteChange(),
      );
  }

  join(worker: Worker): void {
    this.#free.add(worker);
    this.#serve();
  }

  free(worker: Worker, heldSeconds: number): void {
    this.#holds.note(heldSeconds);
    if (this.#serving.delete(worker)) this.join(worker);
  }

  suspend(worker: Worker): void {
    if (this.#free.delete(worker)) this.#silent.add(worker);
    this.#noteChange();
  }

  resume(worker: Worker): void {
    if (this.#silent.delete(worker)) this.join(worker);
  }

  leave(worker: Worker): void {
    this.#free.delete(worker);
    this.#silent.delete(worker);
    this.#serving.delete(worker);
    this.#noteChange();
  }

  async drained(): Promise<void> {
    if (!this.#isDrained) await new Promise<void>((resolve) => this.#onDrained.push(resolve));
  }

  close(reason: Error): void {
    this.#line.close(reason);
    this.#noteChange();
  }

  get #isDrained(): boolean {
    return this.#line.length === 0 && this.#serving.size === 0;
  }

  #serve(): void {
    while (this.#free.size > 0 && this.#line.length > 0) this.#line.callNext();
    this.#noteChange();
  }

  /** Call this only while a worker is free. */
  #handOver(socket: Socket, waitedSeconds: number): void {
    const [worker] = this.#free;
    if (worker === undefined) return;
    this.#free.delete(worker);
    this.#serving.add(worker);
    this.#context.handOver(worker, socket, waitedSeconds);
    this.#noteChange();
  }

  #noteChange(): void {
    const isAllBusy = this.#free.size === 0 && this.#serving.size > 0;
    if (isAllBusy) this.#endAllBusy ??= this.#allBusy.take();
    else {
      this.#endAllBusy?.();
      this.#endAllBusy = undefined;
    }
    if (this.#isDrained) for (const resolve of this.#onDrained.splice(0)) resolve();
  }

  #busy(why: string): StreamCsvError {
    const { workers } = this.#context.settings;
    const retryAfterSeconds = this.#holds.retryAfterSeconds(this.#line.length, workers);
    const message = `All ${workers} sync workers have a connection, and ${why}.`;
    const hint = "Try again after the seconds in Retry-After, or raise --workers.";
    return new StreamCsvError("SCSV_BUSY", message, { retryAfterSeconds, hint });
  }
}
