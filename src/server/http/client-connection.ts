import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { StreamCsvError } from "../../errors.ts";
import { closeGracefully } from "../../socket/close-gracefully.ts";
import { isConnected } from "../../socket/is-connected.ts";
import { resetSocket } from "../../socket/reset-socket.ts";
import { malformedFault } from "./malformed-fault.ts";
import { failBody } from "./request-body.ts";

/**
 * The most pipelined requests of one connection that may wait for their answers, because each costs 14 KB here. The
 * answer to the last of them says `Connection: close`. The server doesn't read later requests (RFC 9112, section
 * 9.3.2), and the client repeats them on another connection.
 */
const mostUnanswered = 64;

/** The events for which Node's HTTP server listens on a socket as long as answers are sent on it. */
const answerEvents = ["close", "drain", "error", "timeout"] as const;

/**
 * When the server first probes a half-closed client that still waits: so soon that the query of one that left is cancelled within a
 * tenth of a second, and so late that a quick answer has nothing before it.
 */
const firstProbeMs = 50;
/** How long the reset of a host nearby may take. */
const answerMs = 20;
/** How long it waits until it probes again. */
const probeIntervalMs = 1000;

type Listener = (...args: unknown[]) => void;

/**
 * The requests of one connection, from the client's first byte to the close. Every accepted request is answered
 * before the connection is closed, whatever the client sends after it.
 */
export class ClientConnection {
  readonly #socket: Socket;
  /** Answers a malformed request, and closes the connection. */
  readonly #answerFault: (fault: StreamCsvError) => void;
  /** Node's own listeners for `answerEvents`. */
  readonly #listeners: readonly (readonly [event: string, listeners: readonly Listener[]])[];
  /** In order of arrival; the first one is being sent. */
  readonly #unanswered = new Set<ServerResponse>();
  #latest: { readonly req: IncomingMessage; readonly res: ServerResponse } | undefined;
  /** Settles when the last request has been answered; undefined while none is unanswered. */
  #lastAnswer: Promise<void> | undefined;
  /** Whether further requests are ignored. */
  #isClosing = false;
  /** The fault in the bytes after the last request. */
  #fault: StreamCsvError | undefined;

  constructor(socket: Socket, answerFault: (fault: StreamCsvError) => void) {
    this.#socket = socket;
    this.#answerFault = answerFault;
    this.#listeners = answerEvents.map((event) => [event, socket.listeners(event) as Listener[]]);
    socket.once("end", () => this.#probe());
  }

  /** Accepts a request; false if the connection is closing and the request must not be answered. */
  begin(req: IncomingMessage, res: ServerResponse): boolean {
    if (this.#isClosing) return false;
    this.#latest = { req, res };
    this.#unanswered.add(res);
    const { headers, httpVersionMajor } = req;
    // Node's parser drops the bytes after an upgrade request. The server answers it as an ordinary request.
    if (headers.upgrade !== undefined) this.#closeAfter(res);
    const hasCoding = headers["transfer-encoding"] !== undefined;
    if (hasCoding || Number(headers["content-length"] ?? 0) > 0) this.#lingerOnClose();
    // A proxy may have parsed this framing differently, so the connection isn't reused (RFC 9112, section 6.1).
    if (hasCoding || httpVersionMajor !== 1) this.#closeAfter(res);
    if (this.#unanswered.size >= mostUnanswered) {
      this.#closeAfter(res);
      this.#discardInput();
    }
    return true;
  }

  /**
   * Answers a request when the earlier ones of the connection are answered. Otherwise a later one could take the slot that
   * an earlier one waits for, and couldn't be sent before it.
   */
  inTurn(answer: () => Promise<void>): Promise<void> {
    const before = this.#lastAnswer;
    this.#lastAnswer =
      before === undefined
        ? answer()
        : before.then(() => (this.#socket.destroyed ? Promise.resolve() : answer()));
    return this.#lastAnswer;
  }

  /** A request was answered, and its closers have run. */
  end(res: ServerResponse): void {
    this.#unanswered.delete(res);
    if (this.#unanswered.size === 0) this.#lastAnswer = undefined;
    if (this.#isClosing) this.#closeWhenAnswered();
  }

  /** Node couldn't parse the input or waited too long for it, or the connection broke. */
  fail(error: Error): void {
    const fault = malformedFault(error);
    if (fault === undefined) resetSocket(this.#socket);
    else this.refuse(fault);
  }

  /**
   * Refuses a request for a tunnel. Node removes its listeners from the socket then, but the answers to the earlier
   * requests still need them: without them a long answer never goes on, and a broken connection ends the process.
   */
  refuseTunnel(fault: StreamCsvError): void {
    for (const [event, listeners] of this.#listeners) {
      const present = this.#socket.listeners(event);
      for (const listener of listeners) if (!present.includes(listener)) this.#socket.on(event, listener);
    }
    this.refuse(fault);
  }

  /** Refuses input that isn't a request this server can answer, after the answers to the earlier requests. */
  refuse(fault: StreamCsvError): void {
    // Node also reports every packet after the first wrong one.
    if (this.#fault !== undefined) return;
    this.#fault = fault;
    const isInBody = this.#isBodyMissing;
    if (!isInBody && this.#isSendingUnbounded) {
      // A clean close would look like the end of a body without a length.
      resetSocket(this.#socket);
      return;
    }
    this.#isClosing = true;
    this.#lingerOnClose();
    this.#discardInput();
    // A fault in a request's own body gets no second answer; the answer to that request is the last one.
    if (isInBody && this.#latest !== undefined) {
      this.#closeAfter(this.#latest.res);
      failBody(this.#latest.req, fault);
    }
    this.#closeWhenAnswered();
  }

  /** Whether the body of the last request is incomplete. After a fault it stays incomplete. */
  get #isBodyMissing(): boolean {
    return this.#latest?.req.complete === false;
  }

  /** Whether a body is being sent whose length the client doesn't know. */
  get #isSendingUnbounded(): boolean {
    const [first] = this.#unanswered;
    return first?.headersSent === true && !first.hasHeader("Content-Length");
  }

  #closeAfter(res: ServerResponse): void {
    this.#isClosing = true;
    // This adds `Connection: close` to the answer's head, unless that has been made already.
    res.shouldKeepAlive = false;
    this.#lingerOnClose();
  }

  #closeWhenAnswered(): void {
    if (this.#unanswered.size > 0 || this.#socket.destroyed) return;
    const isTold = this.#isBodyMissing || this.#socket.writableEnded;
    if (this.#fault === undefined || isTold) closeGracefully(this.#socket);
    else this.#answerFault(this.#fault);
  }

  /** Node calls `destroySoon` to close the connection after the last answer. */
  #lingerOnClose(): void {
    this.#socket.destroySoon = () => closeGracefully(this.#socket);
  }

  /** Keeps further bytes from Node's parser, which would make requests of them. */
  #discardInput(): void {
    this.#socket.removeAllListeners("data").on("data", () => undefined);
  }

  /**
   * A client that disconnected and one that only shut down its sending side look alike until the server sends
   * something: the host of a disconnected client answers with a reset. So while the client waits for a head, the
   * server regularly sends a 102, which every HTTP/1.1 client ignores (RFC 9110, section 15.2). Nothing is read any more, so
   * that the reset shows only when the server looks.
   */
  #probe(): void {
    let timer: NodeJS.Timeout | undefined;
    const after = (delayMs: number, step: () => void): void => {
      timer = setTimeout(() => {
        if (this.#socket.destroyed) return;
        if (isConnected(this.#socket)) step();
        else resetSocket(this.#socket);
      }, delayMs);
    };
    const probe = (): void => {
      const [first] = this.#unanswered;
      const isWaiting = first !== undefined && !first.headersSent && first.socket !== null;
      if (isWaiting && this.#latest?.req.httpVersionMinor === 1) first.writeProcessing();
      after(answerMs, () => after(probeIntervalMs, probe));
    };
    after(firstProbeMs, probe);
    this.#socket.once("close", () => clearTimeout(timer));
  }
}
