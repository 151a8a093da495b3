import type { Socket } from "node:net";
import { resetSocket } from "../../../socket/socket-reset.ts";

/** What the primary is told of a worker's connections. */
interface Told {
  /** The primary gives up its own hold on a connection. */
  readonly take: () => void;
  /** So many more are closed. */
  readonly onClosed: (count: number) => void;
}

/**
 * The connections a worker was handed.
 *
 * A body without a length, as HTTP/1.0 has it, ends with its connection, and the kernel ends a connection cleanly when its
 * process is killed. Therefore the primary keeps its own descriptor of each connection until the first request shows that
 * it speaks HTTP/1.1, and resets it when the worker dies; and the worker resets them when the primary is gone.
 */
export class ClientSockets {
  readonly #open = new Set<Socket>();
  /** Those that the primary holds as well. */
  readonly #shared = new Map<Socket, () => void>();
  readonly #onChange = new Set<() => void>();
  #closed = 0;

  add(socket: Socket, { take, onClosed }: Told): void {
    this.#open.add(socket);
    this.#shared.set(socket, take);
    socket.once("close", () => {
      this.#open.delete(socket);
      this.take(socket);
      // Many close at once; one note tells of all.
      if (this.#closed === 0) {
        setImmediate(() => {
          onClosed(this.#closed);
          this.#closed = 0;
        });
      }
      this.#closed += 1;
      for (const changed of this.#onChange) changed();
    });
  }

  /** Makes a connection the worker's alone. */
  take(socket: Socket): void {
    const take = this.#shared.get(socket);
    this.#shared.delete(socket);
    take?.();
  }

  /** Whether the connection is reset when this process is killed. */
  isShared(socket: Socket): boolean {
    return this.#shared.has(socket);
  }

  /** Resets every connection whose end could be taken for the end of a body. */
  resetShared(): void {
    for (const socket of this.#shared.keys()) resetSocket(socket);
  }

  /** Resolves when no connection is open, or none that is shared, or when the time is over. */
  async gone(which: "all" | "shared", limitMs: number): Promise<void> {
    const left = which === "all" ? this.#open : this.#shared;
    if (left.size === 0) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#onChange.delete(changed);
        resolve();
      };
      const changed = (): void => {
        if (left.size === 0) done();
      };
      const timer = setTimeout(done, limitMs);
      this.#onChange.add(changed);
    });
  }
}
