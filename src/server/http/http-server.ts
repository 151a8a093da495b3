import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import type { StreamCsvError } from "../../errors.ts";
import { answerSocket } from "../../response/adapter/answer-socket.ts";
import { keepHalfOpen } from "../../socket/half-open.ts";
import type { HttpSettings } from "../shared/http-settings.ts";
import { ClientConnection } from "./client-connection.ts";
import { connectFault } from "./malformed-request.ts";
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
 * Whatever comes over a connection is answered: a request by its route, and anything else by a problem, after the answers to
 * the requests before it.
 */
export function makeHttpServer(http: HttpSettings, log: Logger, answer: AnswerRequest): Server {
  const connections = new WeakMap<Duplex, ClientConnection>();
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
      // If nobody reads the request's body, Node stops reading the socket, and never notices that the client has left.
      req.resume();
      const connection = connections.get(req.socket);
      if (connection?.begin(req, res) === false) return;
      void answer(req, res).finally(() => connection?.end(res));
    },
  );
  // Without it Node ends its own side when a client ends the other, and the answer is lost.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on("connection", (socket: Socket) => {
    connections.set(socket, new ClientConnection(socket, (fault) => answerFault(socket, fault)));
  });
  // An expectation that isn't known is no reason to refuse (RFC 9110, section 10.1.1).
  server.on("checkExpectation", (req, res) => server.emit("request", req, res));
  server.on("connect", (_, socket) => connections.get(socket)?.refuse(connectFault()));
  server.on("clientError", (error, socket) => connections.get(socket)?.fail(error));
  const answerFault = (socket: Socket, fault: StreamCsvError): void => {
    const { requestId } = identify({});
    log.debug({ requestId, err: fault }, "not a request");
    const response = problemResponse(fault);
    response.headers.set("X-Request-Id", requestId);
    answerSocket(response, socket);
  };
  // What starts its watch over slow and idle connections.
  server.emit("listening");
  return server;
}

/** Gives a server a paused connection that was accepted elsewhere. */
export function openConnection(server: Server, socket: Socket): void {
  keepHalfOpen(socket);
  server.emit("connection", socket);
  socket.resume();
}
