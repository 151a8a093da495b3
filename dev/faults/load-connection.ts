import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** The address that clients connect to. */
export type ClientTarget = { readonly host: string; readonly port: number } | { readonly path: string };

/** The next event of a connection: bytes, its clean end, a reset, or nothing for too long. */
export type Arrival = Buffer | "end" | "reset" | "silence";

/**
 * How long a client waits for the next byte or the connection before it reports a hang: longer than the 30 s in which
 * a server detects that one of its processes hangs.
 */
export const longestSilenceMs = 45_000;

/** A connection that reads only on request, so that a slow reader is slow for the kernel too. */
export class LoadConnection {
  readonly socket: Socket;
  #rest: Buffer | undefined;
  #isReset = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => (this.#isReset = true));
  }

  /** Connects; undefined if the server doesn't listen or accept. */
  static async open(target: ClientTarget): Promise<LoadConnection | undefined> {
    // Half-open, so that this side ends only on request.
    const socket = connect({ ...target, allowHalfOpen: true });
    const connection = new LoadConnection(socket);
    const isConnected = await once(socket, "connect", { signal: AbortSignal.timeout(longestSilenceMs) }).then(
      () => true,
      () => false,
    );
    if (isConnected) return connection;
    socket.destroy();
    return undefined;
  }

  write(data: string | Uint8Array): void {
    if (!this.socket.writableEnded) this.socket.write(data);
  }

  /** The next bytes, or why there are none; at most a few chunks are read ahead. */
  async next(silenceMs = longestSilenceMs): Promise<Arrival> {
    if (this.#rest !== undefined) {
      const rest = this.#rest;
      this.#rest = undefined;
      return rest;
    }
    const endsAtMs = performance.now() + silenceMs;
    for (;;) {
      const chunk = this.socket.read() as Buffer | null;
      if (chunk !== null) return chunk;
      if (this.#isReset) return "reset";
      if (this.socket.readableEnded) return "end";
      if (this.socket.destroyed) return "reset";
      const leftMs = endsAtMs - performance.now();
      if (leftMs <= 0) return "silence";
      await this.#change(leftMs);
    }
  }

  /** Puts back bytes that were read too far; the next read returns them first. */
  putBack(bytes: Buffer): void {
    if (bytes.length > 0) this.#rest = bytes;
  }

  /**
   * Whether an ended connection was reset. If a reset follows the last bytes at once, libuv reports an end (a partial
   * read together with POLLHUP), and never reads the kernel's error. Therefore this writes to the socket, which
   * succeeds if the peer has ended cleanly. Not for a client that has ended its own side.
   */
  async wasReset(): Promise<boolean> {
    if (this.#isReset || this.socket.destroyed) return this.#isReset;
    return await new Promise<boolean>((resolve) => {
      this.socket.write("\r\n", (error) => resolve(error !== undefined && error !== null));
    });
  }

  /** Ends this side alone. */
  finish(): void {
    this.socket.end();
  }

  /** Disconnects by a reset, which only TCP has, or by a close with unread bytes. */
  leave(how: "reset" | "close"): void {
    const isTcp = this.socket.remoteAddress !== undefined;
    if (how === "reset" && isTcp && !this.socket.writableEnded) this.socket.resetAndDestroy();
    else this.socket.destroy();
  }

  async #change(limitMs: number): Promise<void> {
    const { socket } = this;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, limitMs);
      function done(): void {
        clearTimeout(timer);
        for (const event of ["readable", "end", "close"]) socket.off(event, done);
        resolve();
      }
      for (const event of ["readable", "end", "close"]) socket.on(event, done);
    });
  }
}
