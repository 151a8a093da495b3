import type { MessageOptions, Serializable } from "node:child_process";
import type { Socket } from "node:net";
import {
  StreamCsvError,
  faultCatalogue,
  isCodedError,
  toError,
  type FaultCode,
  type FaultDetails,
} from "../../errors.ts";

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
/** Notes by name: each takes one value and gives nothing back. */
export type Notes = { readonly [name: string]: (argument: never, handle: unknown) => void };

type Argument<F> = F extends (argument: infer A, ...rest: never) => unknown ? A : never;
type Result<F> = F extends (...all: never) => infer R ? Awaited<R> : never;

type Message =
  | { readonly kind: "call"; readonly id: number; readonly name: string; readonly argument: unknown }
  | { readonly kind: "result"; readonly id: number; readonly value: unknown }
  | { readonly kind: "error"; readonly id: number; readonly error: SentError }
  | {
      readonly kind: "note";
      readonly name: string;
      readonly argument: unknown;
      /** Number of the socket that comes with it, which the other side says it has. */
      readonly socket?: number;
    }
  | { readonly kind: "taken"; readonly socket: number };

/** What may come with a note. */
export interface NoteOptions {
  /** Is the other side's alone once that has it. */
  readonly handle?: Socket;
  /** The other side has the socket. */
  readonly onSent?: () => void;
  /** It can't have it any more; the socket is cut. */
  readonly onLost?: () => void;
}

/** A socket that was sent and of which nobody knows yet whether it arrived. */
interface Sent extends Pick<NoteOptions, "onSent" | "onLost"> {
  readonly handle: Socket;
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
  readonly #sent = new Map<number, Sent>();
  #nextId = 1;
  #isClosed = false;

  constructor(port: Port, methods: Methods, notes: Notes) {
    this.#port = port;
    port.on("message", (message, handle) => {
      if (isMessage(message)) this.#receive(message, handle, methods, notes);
    });
    port.once("disconnect", () => {
      this.#isClosed = true;
      for (const { reject } of this.#pending.values()) reject(gone());
      this.#pending.clear();
      for (const id of this.#sent.keys()) this.#lose(id);
    });
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

  /**
   * Sends a note, with a socket where it has one; a note to a process that is gone is lost.
   *
   * Node forgets a socket when it is written to the channel, and when the other process dies before it has read it, the
   * client would wait for ever. Therefore the socket is kept open here until the other side says that it has it, and cut
   * when it can't say so any more.
   */
  note<N extends keyof RemoteNotes & string>(
    name: N,
    argument: Argument<RemoteNotes[N]>,
    { handle, ...told }: NoteOptions = {},
  ): void {
    if (handle === undefined) {
      if (!this.#isClosed) this.#send({ kind: "note", name, argument }, undefined, () => undefined);
      return;
    }
    const socket = this.#nextId;
    this.#nextId += 1;
    this.#sent.set(socket, { handle, ...told });
    if (this.#isClosed) this.#lose(socket);
    else this.#send({ kind: "note", name, argument, socket }, handle, () => this.#lose(socket));
  }

  #lose(socket: number): void {
    const sent = this.#sent.get(socket);
    this.#sent.delete(socket);
    sent?.handle.destroy();
    sent?.onLost?.();
  }

  #taken(socket: number): void {
    const sent = this.#sent.get(socket);
    this.#sent.delete(socket);
    // Closes what this process has of it; the connection is the other's and stays.
    sent?.handle.destroy();
    sent?.onSent?.();
  }

  #receive(message: Message, handle: unknown, methods: Methods, notes: Notes): void {
    switch (message.kind) {
      case "call":
        void this.#answer(message.id, methods[message.name], message.argument);
        return;
      case "note":
        if (message.socket !== undefined && !this.#isClosed)
          this.#send({ kind: "taken", socket: message.socket }, undefined, () => undefined);
        notes[message.name]?.(message.argument as never, handle);
        return;
      case "taken":
        this.#taken(message.socket);
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

  async #answer(
    id: number,
    method: ((argument: never) => unknown) | undefined,
    argument: unknown,
  ): Promise<void> {
    let answer: Message;
    try {
      answer = { kind: "result", id, value: await method?.(argument as never) };
    } catch (error) {
      answer = { kind: "error", id, error: sendableError(error) };
    }
    if (!this.#isClosed) this.#send(answer, undefined, () => undefined);
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
