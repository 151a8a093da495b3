import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { StreamCsvError } from "../../errors.ts";
import { closeGracefully } from "../../socket/graceful-close.ts";
import { resetSocket } from "../../socket/socket-reset.ts";
import { malformedFault } from "./malformed-request.ts";

/**
 * Requests of one connection that wait for their answers. A client may send as many ahead as it likes, and each costs 14 KB
 * here, so the answer to the last of these says `Connection: close`; what comes behind it was never taken
 * (RFC 9112, section 9.3.2), and the client asks again on another connection.
 */
const mostUnanswered = 64;

/** How often a half-closed client that still waits is asked whether it is there. */
const probeIntervalMs = 1000;

/**
 * The requests of one connection, from the client's first byte to the close. Every request that was taken is answered before
 * the connection is closed, whatever comes behind it.
 */
export class ClientConnection {
  readonly #socket: Socket;
  /** Answers a malformed request, and closes. */
  readonly #answerFault: (fault: StreamCsvError) => void;
  /** In order of arrival; the first is the one that is being sent. */
  readonly #unanswered = new Set<ServerResponse>();
  #latest: { readonly req: IncomingMessage; readonly res: ServerResponse } | undefined;
  /** No further request is taken. */
  #isClosing = false;
  /** What is wrong with the bytes behind the last request. */
  #fault: StreamCsvError | undefined;

  constructor(socket: Socket, answerFault: (fault: StreamCsvError) => void) {
    this.#socket = socket;
    this.#answerFault = answerFault;
    socket.once("end", () => this.#probe());
  }

  /** Takes a request in; false when it came behind the last one, and isn't to be answered. */
  begin(req: IncomingMessage, res: ServerResponse): boolean {
    if (this.#isClosing) return false;
    this.#latest = { req, res };
    this.#unanswered.add(res);
    const { headers, httpVersionMajor } = req;
    // Node's parser drops the bytes behind a request to upgrade, which is answered as if it hadn't asked.
    if (headers.upgrade !== undefined) this.#closeAfter(res);
    const hasCoding = headers["transfer-encoding"] !== undefined;
    if (hasCoding || Number(headers["content-length"] ?? 0) > 0) this.#lingerOnClose();
    // Framing that another server on the way may have read differently isn't trusted further (RFC 9112, section 6.1).
    if (hasCoding || httpVersionMajor !== 1) this.#closeAfter(res);
    if (this.#unanswered.size >= mostUnanswered) {
      this.#closeAfter(res);
      this.#discardInput();
    }
    return true;
  }

  /** A request was answered, and its closers have run. */
  end(res: ServerResponse): void {
    this.#unanswered.delete(res);
    if (this.#isClosing) this.#closeWhenAnswered();
  }

  /** Node couldn't read what came, or waited too long for it, or the connection broke. */
  fail(error: Error): void {
    const fault = malformedFault(error);
    if (fault === undefined) resetSocket(this.#socket);
    else this.refuse(fault);
  }

  /** Something came that isn't a request this server can answer: it is refused after the answers to those before it. */
  refuse(fault: StreamCsvError): void {
    // Node reports every packet behind the first that was wrong.
    if (this.#fault !== undefined) return;
    this.#fault = fault;
    const isInBody = this.#isBodyMissing;
    if (!isInBody && this.#isSendingUnbounded) {
      // A clean end would pass for the end of a body that is delimited by it.
      resetSocket(this.#socket);
      return;
    }
    this.#isClosing = true;
    this.#lingerOnClose();
    this.#discardInput();
    // What is wrong with a request's own body is told by the answer to that request, and by no second one.
    if (isInBody && this.#latest !== undefined) this.#closeAfter(this.#latest.res);
    this.#closeWhenAnswered();
  }

  /** Whether the last request's body hasn't come whole; from then on it never will. */
  get #isBodyMissing(): boolean {
    return this.#latest?.req.complete === false;
  }

  /** Whether a body is on its way whose length the client doesn't know. */
  get #isSendingUnbounded(): boolean {
    const [first] = this.#unanswered;
    return first?.headersSent === true && !first.hasHeader("Content-Length");
  }

  #closeAfter(res: ServerResponse): void {
    this.#isClosing = true;
    // Says so in the answer's head, where that isn't made yet; else the connection is closed without a word.
    res.shouldKeepAlive = false;
    this.#lingerOnClose();
  }

  #closeWhenAnswered(): void {
    if (this.#unanswered.size > 0 || this.#socket.destroyed) return;
    const isTold = this.#isBodyMissing || this.#socket.writableEnded;
    if (this.#fault === undefined || isTold) closeGracefully(this.#socket);
    else this.#answerFault(this.#fault);
  }

  /** Node closes by this function when the answer that is the last has been written. */
  #lingerOnClose(): void {
    this.#socket.destroySoon = () => closeGracefully(this.#socket);
  }

  /** Takes the bytes away from Node's parser, which would go on making requests of them. */
  #discardInput(): void {
    this.#socket.removeAllListeners("data").on("data", () => undefined);
  }

  /**
   * A client that has left and one that only shut its own side down look alike, until it is sent something: who has left
   * answers with a reset. So the client is sent a 102 now and then for as long as it waits for a head, which every client of
   * HTTP/1.1 passes over (RFC 9110, section 15.2).
   */
  #probe(): void {
    const timer = setInterval(() => {
      const [first] = this.#unanswered;
      const isWaiting = first !== undefined && !first.headersSent && first.socket !== null;
      if (isWaiting && this.#latest?.req.httpVersionMinor === 1) first.writeProcessing();
    }, probeIntervalMs);
    this.#socket.once("close", () => clearInterval(timer));
  }
}
