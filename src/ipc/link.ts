import type { MessageOptions, Serializable } from "node:child_process";
import { Socket } from "node:net";
import {
  StreamCsvError,
  faultCatalogue,
  isCodedError,
  toError,
  type FaultCode,
  type FaultDetails,
} from "../errors.ts";

/** The end of a channel between two processes: a child seen from its parent, or the parent seen from its child. */
export interface Port {
  send(
    message: Serializable,
    handle: Socket | undefined,
    options: MessageOptions,
    callback: (error: Error | null) => void,
  ): boolean;
  on(event: "message", listener: (message: unknown, handle: unknown) => void): unknown;
  once(event: "disconnect", listener: () => void): unknown;
}

/** Calls by name: each takes one value and gives one back, both plain data. */
export type Methods = { readonly [name: string]: (argument: never) => unknown };
/** Notes by name: each takes one value, and a socket where it comes with one, and gives nothing back. */
export type Notes = { readonly [name: string]: (argument: never, received: Received) => void };

/** A socket that came with a note, as the receiver sees it. */
export interface Received {
  /** Undefined where none came, or where it got lost on the way, since this process has no descriptor left for it. */
  readonly socket: Socket | undefined;
  /** Says that the socket is this process's alone from now on; until then the sender keeps its own hold on it. */
  readonly take: () => void;
  /** Leaves the socket to the sender. */
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
  /** Number of the socket that comes with it, by which the other side answers for it. */
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

/** A socket that goes with a note. One of the three is called, once. */
export interface SentSocket {
  /** Stays open here until the other side has taken it. */
  readonly socket: Socket;
  /** The other side has taken it; it is closed here. */
  readonly onTaken?: () => void;
  /** The other side can't take it, and leaves it to this one. */
  readonly onGivenBack: () => void;
  /** The other side has ended without having taken it; whether it has read or written anything nobody knows. */
  readonly onLost: () => void;
}

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Typed calls and notes over a process channel, in both directions.
 *
 * `Remote…` is what the other side offers; `methods` and `notes` are what this side does. A call rejects with the
 * other side's error, whose code and details survive the way, or when the channel closes before the answer.
 */
export class Link<RemoteMethods extends Methods, RemoteNotes extends Notes> {
  readonly #port: Port;
  readonly #pending = new Map<number, Pending>();
  readonly #sent = new Map<number, SentSocket>();
  #nextId = 1;
  #isClosed = false;

  constructor(port: Port, methods: Methods, notes: Notes) {
    this.#port = port;
    port.on("message", (message, handle) => {
      if (isMessage(message)) this.#receive(message, handle, methods, notes);
    });
    port.once("disconnect", () => this.close());
  }

  /**
   * The other process has ended. Node doesn't say `disconnect` where it left something unread, as one that was stopped does;
   * therefore whoever sees its exit calls this.
   */
  close(): void {
    this.#isClosed = true;
    for (const { reject } of this.#pending.values()) reject(gone());
    this.#pending.clear();
    for (const id of this.#sent.keys()) this.#lose(id);
  }

  call<N extends keyof RemoteMethods & string>(
    name: N,
    argument: Argument<RemoteMethods[N]>,
  ): Promise<Result<RemoteMethods[N]>> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(gone());
        return;
      }
      const id = this.#nextId;
      this.#nextId += 1;
      this.#pending.set(id, { resolve, reject });
      this.#send({ kind: "call", id, name, argument }, undefined, (error) => {
        this.#pending.delete(id);
        reject(error);
      });
    });
  }

  /** Resolves when the other side's event loop has come to answer; rejects when its process ends before. */
  ping(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(gone());
        return;
      }
      const id = this.#nextId;
      this.#nextId += 1;
      this.#pending.set(id, { resolve, reject });
      this.#send({ kind: "ping", id }, undefined, (error) => {
        this.#pending.delete(id);
        reject(error);
      });
    });
  }

  /**
   * Sends a note, with a socket where it has one; a note to a process that is gone is lost.
   *
   * Node forgets a socket when it is written to the channel, and when the other process dies before it has read it, the
   * client would wait for ever. Therefore the socket is kept open here until the other side takes it.
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
        void this.#answer(message, methods[message.name]);
        return;
      case "note":
        this.#takeNote(message, handle, notes);
        return;
      case "ping":
        this.#say({ kind: "result", id: message.id, value: null });
        return;
      case "taken": {
        const sent = this.#forget(message.socket);
        // Closes what this process has of it; the connection is the other's and stays.
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

/** The channel to the process that started this one. @throws StreamCsvError `SCSV_INTERNAL` when there is none */
export function parentPort(): Port {
  if (process.send === undefined)
    throw new StreamCsvError("SCSV_INTERNAL", "This program is started by the server, not by hand.");
  return process as Port;
}

/** An error as plain data. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly details?: Omit<FaultDetails, "cause">;
}

/** An error as plain data that can cross to another process. */
export function sendableError(thrown: unknown): SentError {
  const error = toError(thrown);
  const base = {
    name: error.name,
    message: error.message,
    ...(error.stack === undefined ? {} : { stack: error.stack }),
  };
  if (!(error instanceof StreamCsvError)) return isCodedError(error) ? { ...base, code: error.code } : base;
  // Undefined fields are dropped on the way, since the channel speaks JSON.
  const { code, hint, row, column, parameter, retryAfterSeconds } = error;
  return {
    ...base,
    code,
    details: { hint, row, column, parameter, retryAfterSeconds } as Omit<FaultDetails, "cause">,
  };
}

/** The error again, as it was on the other side. */
export function receiveError(sent: SentError): Error {
  if (sent.code !== undefined && isFaultCode(sent.code))
    return new StreamCsvError(sent.code, sent.message, sent.details);
  const error = Object.assign(new Error(sent.message), sent.code === undefined ? {} : { code: sent.code });
  error.name = sent.name;
  if (sent.stack !== undefined) error.stack = sent.stack;
  return error;
}

function isFaultCode(code: string): code is FaultCode {
  return Object.hasOwn(faultCatalogue, code);
}

function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && "kind" in value;
}

function gone(): StreamCsvError {
  return new StreamCsvError("SCSV_WORKER_FAILED", "The process that was asked has ended before it answered.");
}

/** Both sides are of one build, so that an unknown name is a mistake that mustn't stay silent. */
function unknownName(kind: "call" | "note", name: string): StreamCsvError {
  return new StreamCsvError(
    "SCSV_INTERNAL",
    `Another process of the server sent the ${kind} "${name}", which is unknown.`,
  );
}
