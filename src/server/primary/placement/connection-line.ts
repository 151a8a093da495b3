import type { Socket } from "node:net";
import { WaitingLine, type Waiter } from "../../../admission/waiting-line.ts";
import type { Clock } from "../../../clock.ts";
import type { PlacementContext } from "./placement.ts";

/** How often the kernel is asked which clients have closed their side. */
const lookAgainMs = 1000;

/** The connections that wait in the primary for a worker, in order of arrival, with a bound and a time-out. */
export class ConnectionLine {
  readonly #line: WaitingLine;
  readonly #clock: Clock;
  readonly #context: Pick<PlacementContext<unknown>, "settings" | "clock" | "refuse" | "closed">;
  readonly #busy: (why: string) => Error;
  readonly #waiters = new Map<Socket, Waiter>();
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  /** Looks for clients that have left, while any connection waits. */
  #watch: NodeJS.Timeout | undefined;
  #closedFor: Error | undefined;

  /** @param busy the refusal of a connection that finds the line full or has waited too long, with the reason */
  constructor(
    context: Pick<PlacementContext<unknown>, "settings" | "clock" | "refuse" | "closed">,
    busy: (why: string) => Error,
  ) {
    const { settings, clock } = context;
    const { queueTimeoutMs } = settings;
    this.#context = context;
    this.#clock = clock;
    this.#busy = busy;
    this.#line = new WaitingLine({ queue: settings.queue * settings.workers, queueTimeoutMs }, clock, () =>
      busy(`none came free within ${queueTimeoutMs / 1000} s`),
    );
  }

  get length(): number {
    return this.#line.length;
  }

  /** Whether every connection is refused. */
  get isClosed(): boolean {
    return this.#closedFor !== undefined;
  }

  get waitedSeconds(): number {
    return this.#line.waitedSeconds;
  }

  /**
   * Puts a connection at the end of the line, or refuses it when the line is full or closed. A client that closes its side while it
   * waits leaves the line within a second, or at once when the line is full: it is refused too, since a client that only half-closed
   * still reads its answer.
   * @param turn called when it is the connection's turn
   * @param onRefused called after it was refused later on
   */
  join(socket: Socket, turn: (waitedSeconds: number) => void, onRefused: () => void): void {
    if (this.#line.isFull && this.#clock.nowMs() - this.#lookedAtMs >= lookAgainMs) this.#refuseClosed();
    const refusal = this.#closedFor ?? (this.#line.isFull ? this.#busy("the queue is full") : undefined);
    if (refusal !== undefined) {
      this.#context.refuse(socket, refusal);
      return;
    }
    const waiter: Waiter = {
      turn: (waitedSeconds) => {
        this.#forget(socket);
        turn(waitedSeconds);
      },
      refuse: (reason) => {
        this.#forget(socket);
        this.#context.refuse(socket, reason);
        onRefused();
      },
    };
    this.#waiters.set(socket, waiter);
    this.#watchClients();
    this.#line.join(waiter);
  }

  callNext(): void {
    this.#line.callNext();
  }

  /** Refuses all connections, waiting and new ones. */
  close(reason: Error): void {
    this.#closedFor = reason;
    this.#line.refuseAll(reason);
  }

  #watchClients(): void {
    this.#watch ??= setTimeout(() => {
      this.#watch = undefined;
      this.#refuseClosed();
      if (this.#waiters.size > 0) this.#watchClients();
    }, lookAgainMs);
  }

  #forget(socket: Socket): void {
    this.#waiters.delete(socket);
    if (this.#waiters.size > 0) return;
    clearTimeout(this.#watch);
    this.#watch = undefined;
  }

  #refuseClosed(): void {
    this.#lookedAtMs = this.#clock.nowMs();
    for (const socket of this.#context.closed(this.#waiters.keys())) {
      const waiter = this.#waiters.get(socket);
      if (waiter === undefined) continue;
      this.#line.leave(waiter);
      waiter.refuse(this.#busy("its client has closed its side of the connection"));
    }
  }
}
