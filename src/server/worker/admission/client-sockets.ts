import type { Socket } from "node:net";
import type { ClosedConnections } from "../../protocol/messages.ts";
import { resetSocket } from "../../../socket/reset-socket.ts";

/** What a worker reports to the primary about a connection. */
interface SocketReports {
  /** What the primary counts it as; null for nothing. */
  readonly address: string | null;
  /** Lets the primary close its own descriptor of the connection. */
  readonly take: () => void;
  /** Reports how many more connections are closed. */
  readonly onClosed: (closed: ClosedConnections) => void;
}

/**
 * The connections of a worker.
 *
 * In HTTP/1.0 a body without a length ends with its connection, and the kernel closes the connections of a killed
 * process cleanly. Therefore the primary keeps its own descriptor of each connection until the first request shows
 * that the client speaks HTTP/1.1. The primary resets these connections when the worker dies, and the worker resets
 * them when the primary dies.
 */
export class ClientSockets {
  readonly #open = new Set<Socket>();
  /** Connections of which the primary has a descriptor too. */
  readonly #shared = new Map<Socket, () => void>();
  readonly #onChange = new Set<() => void>();
  #closed = 0;
  readonly #closedAddresses: string[] = [];

  add(socket: Socket, { address, take, onClosed }: SocketReports): void {
    this.#open.add(socket);
    this.#shared.set(socket, take);
    socket.once("close", () => {
      this.#open.delete(socket);
      this.take(socket);
      // Many connections may close at once; one note reports all of them.
      if (this.#closed === 0) {
        setImmediate(() => {
          onClosed({ count: this.#closed, addresses: this.#closedAddresses.splice(0) });
          this.#closed = 0;
        });
      }
      this.#closed += 1;
      if (address !== null) this.#closedAddresses.push(address);
      for (const changed of this.#onChange) changed();
    });
  }

  /** Lets the primary close its descriptor of a connection. */
  take(socket: Socket): void {
    const take = this.#shared.get(socket);
    this.#shared.delete(socket);
    take?.();
  }

  /** Whether the primary resets the connection when this process is killed. */
  isShared(socket: Socket): boolean {
    return this.#shared.has(socket);
  }

  /** Resets every connection whose end could look like the end of a body. */
  resetShared(): void {
    for (const socket of this.#shared.keys()) resetSocket(socket);
  }

  /** Resolves when no connection (or no shared one) is open, or when the time is over. */
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
