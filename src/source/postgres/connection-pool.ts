import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import type * as Pg from "pg";
import { neverRejects } from "../../never-rejects.ts";
import { closedWithin } from "../../socket/closed-within.ts";

/** How long a connection that nobody uses is kept. */
const idleMs = 10_000;
/** How long the server may take to close a connection that was ended. */
const endMs = 2000;

/** A connection that nobody uses, and the timer that ends it. */
interface Idle {
  readonly client: Pg.Client;
  readonly timer: NodeJS.Timeout;
}

/**
 * Connections that are kept for the next reading. pg's own pool isn't used, because it can't stop connecting before a
 * time-out that is the same for all. The owner decides how many connections there may be.
 */
export class ConnectionPool {
  readonly #make: () => Pg.Client;
  /** The one that was used last is taken first, so that the others may end. */
  readonly #idle: Idle[] = [];
  /** Connections that can still be used, in use or not, and their ends. */
  readonly #open = new Map<Pg.Client, Promise<void>>();
  #isClosed = false;

  /** @param make makes a connection that isn't connected yet */
  constructor(make: () => Pg.Client) {
    this.#make = make;
  }

  /**
   * A connection to oneself: one that was kept, or a new one. It is left by `detach` or `cut`, or goes back with `keep`.
   * @param signal gives connecting up
   * @param onFailed called in place of a result, at once when connecting is given up, with a promise that resolves when the server has
   *   closed the connection too, at once where none has taken it. Its socket is destroyed where that takes more than 2 s
   * @throws the signal's reason when aborted, or pg's error
   */
  async take(signal: AbortSignal, onFailed: (closed: Promise<void>) => void): Promise<Pg.Client> {
    const kept = this.#idle.pop();
    if (kept === undefined) return await this.#connect(signal, onFailed);
    clearTimeout(kept.timer);
    socketOf(kept.client).ref();
    return kept.client;
  }

  /** Gives a connection back for others, after a clean end of what it did. */
  keep(client: Pg.Client): void {
    if (!this.#open.has(client)) return;
    if (this.#isClosed) {
      this.#end(client);
      return;
    }
    // A process that has nothing else to do may end.
    socketOf(client).unref();
    const timer = setTimeout(() => this.#end(client), idleMs).unref();
    this.#idle.push({ client, timer });
  }

  /** Cuts a connection at once. */
  cut(client: Pg.Client): void {
    socketOf(client).destroy();
  }

  /**
   * Takes the socket of a connection away from pg, for which the connection has ended then: what it does fails. The socket is paused;
   * the caller ends it.
   */
  detach(client: Pg.Client): Socket {
    const socket = socketOf(client);
    client.removeAllListeners("error");
    // What pg does fails with the same error.
    client.on("error", () => undefined);
    // Behind the failure of what pg does, where a reading gives the socket back to it.
    client.once("end", () => {
      socket.removeAllListeners("data");
      socket.pause();
    });
    // pg has no way to give up a connection and leave its socket open.
    connectionOf(client).emit("end");
    return socket;
  }

  /** Ends the connections that nobody uses, and waits for the others to be given back or cut. */
  async close(): Promise<void> {
    this.#isClosed = true;
    // The process isn't over before they are.
    for (const client of this.#open.keys()) socketOf(client).ref();
    for (const client of this.#idle.map((idle) => idle.client)) this.#end(client);
    await Promise.all(this.#open.values());
  }

  async #connect(signal: AbortSignal, onFailed: (closed: Promise<void>) => void): Promise<Pg.Client> {
    const client = this.#make();
    const ended = new Promise<void>((resolve) => client.once("end", resolve));
    this.#open.set(
      client,
      ended.then(() => this.#forget(client)),
    );
    // What cuts a connection fails what it does; pg says it a second time here, and would end the process.
    client.on("error", () => this.cut(client));
    let isGivenUp = false;
    const giveUp = (): void => {
      if (isGivenUp) return;
      isGivenUp = true;
      onFailed(this.#giveUp(client));
    };
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      await client.connect();
      signal.throwIfAborted();
    } catch (error) {
      giveUp();
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
    return client;
  }

  /**
   * Leaves a connection that isn't made. What was sent of it has a server begin a session, which lasts until the server comes to read
   * that its client has gone: a busy one takes its time for that.
   */
  async #giveUp(client: Pg.Client): Promise<void> {
    // pg would greet a server that takes the connection only now.
    connectionOf(client).removeAllListeners("connect");
    const socket = this.detach(client);
    // No server has taken it yet, as behind a firewall that drops packets.
    if (socket.connecting) {
      socket.destroy();
      return;
    }
    const closed = closedWithin(socket, endMs);
    socket.end();
    // Behind the end of what pg does, with which its socket is paused.
    setImmediate(() => socket.resume());
    await closed;
  }

  #end(client: Pg.Client): void {
    this.#withoutTimer(client);
    const timer = setTimeout(() => this.cut(client), endMs).unref();
    client.once("end", () => clearTimeout(timer));
    neverRejects(client.end());
  }

  #forget(client: Pg.Client): void {
    this.#withoutTimer(client);
    this.#open.delete(client);
  }

  #withoutTimer(client: Pg.Client): void {
    const index = this.#idle.findIndex((idle) => idle.client === client);
    if (index < 0) return;
    clearTimeout(this.#idle[index]?.timer);
    this.#idle.splice(index, 1);
  }
}

function socketOf(client: Pg.Client): Socket {
  return connectionOf(client).stream;
}

/** What pg's types don't tell. */
function connectionOf(client: Pg.Client): EventEmitter & { readonly stream: Socket } {
  return (client as unknown as { readonly connection: EventEmitter & { readonly stream: Socket } })
    .connection;
}
