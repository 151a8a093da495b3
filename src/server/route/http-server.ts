import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import type { StreamCsvError } from "../../errors.ts";
import { answerSocket } from "../../response/adapter/answer-socket.ts";
import { resetSocket } from "../../stream/socket-reset.ts";
import type { HttpSettings } from "../http-settings.ts";
import { connectFault, malformedFault } from "./malformed-request.ts";
import { problemResponse } from "./problem.ts";
import { identify } from "./request-identity.ts";

/** How often connections are looked through for those whose time is over, at the least, and in shares of that time. */
const longestCheckIntervalMs = 1000;
const checksPerTimeout = 5;

/** Answers one request; resolves when nothing of it is left to do, and never rejects. */
export type AnswerRequest = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

/**
 * An HTTP server with the limits of its settings. It doesn't listen: it is given its connections by {@link openConnection}.
 *
 * Whatever comes over a connection is answered: a request by its route, what is none by a problem, and what comes in the
 * midst of an answer by breaking that off.
 */
export function makeHttpServer(http: HttpSettings, log: Logger, answer: AnswerRequest): Server {
  /** How many answers are under way on a connection. */
  const answering = new WeakMap<Duplex, number>();
  const count = (socket: Duplex, change: number): void =>
    void answering.set(socket, (answering.get(socket) ?? 0) + change);

  const server = createServer(
    {
      maxHeaderSize: http.headBytes,
      headersTimeout: http.headTimeoutMs,
      requestTimeout: Math.max(http.requestTimeoutMs, http.headTimeoutMs),
      keepAliveTimeout: http.keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.min(
        longestCheckIntervalMs,
        Math.ceil(http.headTimeoutMs / checksPerTimeout),
      ),
      // Checked by checkRequest(), whose answer says what is wrong.
      requireHostHeader: false,
    },
    (req, res) => {
      const { socket } = req;
      count(socket, 1);
      // Of a body that nobody reads Node takes some, and then no more of the socket: a client that leaves isn't seen to.
      req.resume();
      void answer(req, res).finally(() => count(socket, -1));
    },
  );
  // An expectation that isn't known is no reason to refuse (RFC 9110, section 10.1.1).
  server.on("checkExpectation", (req, res) => server.emit("request", req, res));
  server.on("connect", (_, socket) => refuse(socket, connectFault()));
  server.on("clientError", (error, socket) => {
    const fault = malformedFault(error);
    // A clean end would pass for the end of a body that is delimited by it.
    if (fault === undefined || !socket.writable || (answering.get(socket) ?? 0) > 0) breakOff(socket);
    else refuse(socket, fault);
  });
  const refused = new WeakSet<Duplex>();
  const refuse = (socket: Duplex, fault: StreamCsvError): void => {
    // Node tells of every packet that comes after the first that was wrong.
    if (refused.has(socket)) return;
    refused.add(socket);
    const { requestId } = identify({});
    log.debug({ requestId, err: fault }, "not a request");
    const response = problemResponse(fault);
    response.headers.set("X-Request-Id", requestId);
    if (socket instanceof Socket) answerSocket(response, socket);
    else socket.destroy();
  };
  const breakOff = (socket: Duplex): void => {
    if (refused.has(socket)) return;
    if (socket instanceof Socket) resetSocket(socket);
    else socket.destroy();
  };
  // What starts its watch over slow and idle connections.
  server.emit("listening");
  return server;
}

/** Gives a server a paused connection that was accepted elsewhere. */
export function openConnection(server: Server, socket: Socket): void {
  server.emit("connection", socket);
  socket.resume();
}
