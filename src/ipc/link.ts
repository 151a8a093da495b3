import { Socket } from "node:net";
import { StreamCsvError } from "../errors.ts";
import { neverRejects } from "../never-rejects.ts";
import type { Port } from "./port.ts";
import { receiveError, sendableError, type SentError } from "./sent-error.ts";

/** Calls by name. Each takes one value and returns one, both plain data. */
export type Methods = { readonly [name: string]: (argument: never) => unknown };
/** Notes by name. Each takes one value and optionally a socket, and returns nothing. */
export type Notes = { readonly [name: string]: (argument: never, received: Received) => void };

/** A socket that came with a note, as the receiver sees it. */
export interface Received {
  /** Undefined if none was sent, or if this process had no descriptor left to receive it. */
  readonly socket: Socket | undefined;
  /** Takes ownership of the socket. Until then the sender keeps the socket open too. */
  readonly take: () => void;
  /** Leaves ownership with the sender. */
  readonly giveBack: () => void;
}

type Argument<F> = F extends (argument: infer A, ...rest: never) => unknown ? A : never;
type Result<F> = F extends (...all: never) => infer R ? Awaited<R> : never;

interface CallMessage {
  readonly kind: "call";
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

interface NoteMessage {
  readonly kind: "note";
  readonly name: string;
  readonly argument: unknown;
  /** Number of the socket sent with this note; the receiver's reply quotes it. */
  readonly socket?: number;
}

type Message =
  | CallMessage
  | NoteMessage
  | { readonly kind: "result"; readonly id: number; readonly value: unknown }
  | { readonly kind: "error"; readonly id: number; readonly error: SentError }
  | { readonly kind: "taken"; readonly socket: number }
  | { readonly kind: "given back"; readonly socket: number }
  | { readonly kind: "ping"; readonly id: number };

/** A socket sent with a note. Exactly one of the three callbacks is called, once. */
export interface SentSocket {
  /** Stays open here until the other side has taken it. */
  readonly socket: Socket;
  /** The other process has taken the socket; this process has closed its own handle. */
  readonly onTaken?: () => void;
  /** The other process can't take the socket; this process still owns it. */
  readonly onGivenBack: () => void;
  /** The other process ended without taking the socket. It may have read from it or written to it. */
  readonly onLost: () => void;
}

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Typed calls and notes over a process channel, in both directions.
 *
 * `Remote…` are the methods and notes of the other process; `methods` and `notes` are those of this one. A call
 * rejects with the other process's error, including its code and details, or when the channel closes before the
 * answer.
 */
export class Link<RemoteMethods extends Methods, RemoteNotes extends Notes> {
  readonly #port: Port;
  readonly #gone: () => Error;
  readonly #pending = new Map<number, Pending>();
  readonly #sent = new Map<number, SentSocket>();
  #nextId = 1;
  #isClosed = false;

  /** @param gone makes the error of calls to a process that has ended */
  constructor(port: Port, methods: Methods, notes: Notes, gone: () => Error = endedEarly) {
    this.#port = port;
    this.#gone = gone;
    port.on("message", (message, handle) => {
      if (isMessage(message)) this.#receive(message, handle, methods, notes);
    });
    port.once("disconnect", () => this.close());
  }

  /**
   * Call this when the other process has exited. Node doesn't emit `disconnect` if that process left messages unread,
   * as a stopped process does.
   */
  close(): void {
    this.#isClosed = true;
    for (const { reject } of this.#pending.values()) reject(this.#gone());
    this.#pending.clear();
    for (const id of this.#sent.keys()) this.#lose(id);
  }

  call<N extends keyof RemoteMethods & string>(
    name: N,
    argument: Argument<RemoteMethods[N]>,
  ): Promise<Result<RemoteMethods[N]>> {
    return this.#request((id) => ({ kind: "call", id, name, argument }));
  }

  /** Resolves when the other process's event loop answers; rejects if the process ends before. */
  async ping(): Promise<void> {
    await this.#request((id) => ({ kind: "ping", id }));
  }

  /**
   * Sends a note, optionally with a socket. A note to a process that has ended is lost.
   *
   * Node forgets a socket once it is written to the channel. If the other process died before reading it, the client
   * would wait for ever. Therefore this process keeps the socket open until the other one takes it.
   */
  note<N extends keyof RemoteNotes & string>(
    name: N,
    argument: Argument<RemoteNotes[N]>,
    sent?: SentSocket,
  ): void {
    if (sent === undefined) {
      if (!this.#isClosed) this.#send({ kind: "note", name, argument }, undefined, () => undefined);
      return;
    }
    const id = this.#nextId;
    this.#nextId += 1;
    this.#sent.set(id, sent);
    if (this.#isClosed) this.#lose(id);
    else this.#send({ kind: "note", name, argument, socket: id }, sent.socket, () => this.#lose(id));
  }

  /** Sends a message that the other process answers with a result. */
  #request<Value>(messageOf: (id: number) => Message): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(this.#gone());
        return;
      }
      const id = this.#nextId;
      this.#nextId += 1;
      this.#pending.set(id, { resolve, reject });
      this.#send(messageOf(id), undefined, (cause) => {
        this.#pending.delete(id);
        // A channel that can't be written to any more (EPIPE) is that of a process that has ended.
        reject(Object.assign(this.#gone(), { cause }));
      });
    });
  }

  #lose(id: number): void {
    this.#forget(id)?.onLost();
  }

  #forget(id: number): SentSocket | undefined {
    const sent = this.#sent.get(id);
    this.#sent.delete(id);
    return sent;
  }

  #receive(message: Message, handle: unknown, methods: Methods, notes: Notes): void {
    switch (message.kind) {
      case "call":
        neverRejects(this.#answer(message, methods[message.name]));
        return;
      case "note":
        this.#takeNote(message, handle, notes);
        return;
      case "ping":
        this.#say({ kind: "result", id: message.id, value: null });
        return;
      case "taken": {
        const sent = this.#forget(message.socket);
        // This closes only this process's handle; the other process keeps the connection open.
        sent?.socket.destroy();
        sent?.onTaken?.();
        return;
      }
      case "given back":
        this.#forget(message.socket)?.onGivenBack();
        return;
      case "result":
      case "error": {
        const pending = this.#pending.get(message.id);
        this.#pending.delete(message.id);
        if (message.kind === "result") pending?.resolve(message.value as never);
        else pending?.reject(receiveError(message.error));
      }
    }
  }

  #takeNote({ name, argument, socket: id }: NoteMessage, handle: unknown, notes: Notes): void {
    const note = notes[name];
    if (note === undefined) throw unknownName("note", name);
    const say = (kind: "taken" | "given back") => (): void => {
      if (id !== undefined) this.#say({ kind, socket: id });
    };
    const socket = handle instanceof Socket ? handle : undefined;
    note(argument as never, { socket, take: say("taken"), giveBack: say("given back") });
  }

  async #answer(
    { id, name, argument }: CallMessage,
    method: ((argument: never) => unknown) | undefined,
  ): Promise<void> {
    try {
      if (method === undefined) throw unknownName("call", name);
      this.#say({ kind: "result", id, value: await method(argument as never) });
    } catch (error) {
      this.#say({ kind: "error", id, error: sendableError(error) });
    }
  }

  #say(message: Message): void {
    if (!this.#isClosed) this.#send(message, undefined, () => undefined);
  }

  #send(message: Message, handle: Socket | undefined, onLost: (error: Error) => void): void {
    this.#port.send(message, handle, { keepOpen: true }, (error) => {
      if (error !== null) onLost(error);
    });
  }
}

function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && "kind" in value;
}

function endedEarly(): StreamCsvError {
  return new StreamCsvError("SCSV_WORKER_FAILED", "The other process ended before it answered.");
}

/** Both processes run the same build, so an unknown name is a bug and must not stay silent. */
function unknownName(kind: "call" | "note", name: string): StreamCsvError {
  return new StreamCsvError(
    "SCSV_INTERNAL",
    `Another process of the server sent the ${kind} "${name}", which is unknown.`,
  );
}
