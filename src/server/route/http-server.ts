import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { StreamCsvError } from "../../errors.ts";
import { answerSocket } from "../../response/adapter/answer-socket.ts";
import { resetSocket } from "../../stream/socket-reset.ts";
import type { AppContext } from "./app.ts";
import { connectFault, malformedFault } from "./malformed-request.ts";
import { problemResponse } from "./problem.ts";
import { identify } from "./request-identity.ts";

/** How often connections are looked through for those whose time is over. */
const checkIntervalMs = 1000;

/**
 * The HTTP server of a worker, with the limits of its settings. It is given connections instead of listening; `answer`
 * answers one request and never rejects.
 *
 * Whatever comes over a connection is answered: a request by its route, what is none by a problem, and what comes in the
 * midst of an answer by breaking that off.
 */
export function makeHttpServer(
  { http, log }: Pick<AppContext, "http" | "log">,
  answer: (req: IncomingMessage, res: ServerResponse) => Promise<void>,
): Server {
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
      connectionsCheckingInterval: checkIntervalMs,
      // Checked by checkRequest(), whose answer says what is wrong.
      requireHostHeader: false,
    },
    (req, res) => {
      const { socket } = req;
      count(socket, 1);
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
  return server;
}
