import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import type { StreamCsvError } from "../../errors.ts";
import { answerSocket } from "../../response/adapter/answer-socket.ts";
import { keepHalfOpen } from "../../socket/keep-half-open.ts";
import type { HttpSettings } from "../shared/http-settings.ts";
import { neverRejects } from "../../never-rejects.ts";
import { ClientConnection } from "./client-connection.ts";
import { connectFault } from "./malformed-fault.ts";
import { problemResponse } from "./problem-response.ts";
import { receiveBody } from "./request-body.ts";
import { identify } from "./request-identity.ts";
import { stampResponse } from "./stamp-response.ts";

/** Node looks for expired connections at this interval at the latest, or this many times within the time-out. */
const longestCheckIntervalMs = 1000;
const checksPerTimeout = 5;

/** Answers one request. Resolves when the answer is complete and its closers have run; never rejects. */
export type AnswerRequest = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

/**
 * Makes an HTTP server with the limits of its settings. It doesn't listen; {@link openConnection} passes it
 * connections.
 *
 * All input gets an answer: a request the one of its route, anything else a problem response, after the answers to
 * the earlier requests.
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
      // checkRequest() checks this, and its answer says what is wrong.
      requireHostHeader: false,
    },
    (req, res) => {
      receiveBody(req, http.bodyBytes);
      const connection = connections.get(req.socket);
      if (connection?.begin(req, res) === false) return;
      const start = (): Promise<void> => answer(req, res);
      neverRejects((connection?.inTurn(start) ?? start()).finally(() => connection?.end(res)));
    },
  );
  // Node would leave out lines behind the thousandth without a word. The size of a head limits them, and checkRequest() their number.
  server.maxHeadersCount = 0;
  // Without this, Node ends its own side when the client half-closes the connection, and the answer is lost.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on("connection", (socket: Socket) => {
    connections.set(socket, new ClientConnection(socket, (fault) => answerFault(socket, fault)));
  });
  // A server may ignore an unknown expectation (RFC 9110, section 10.1.1).
  server.on("checkExpectation", (req, res) => server.emit("request", req, res));
  server.on("connect", (_, socket) => connections.get(socket)?.refuseTunnel(connectFault()));
  server.on("clientError", (error, socket) => connections.get(socket)?.fail(error));
  const answerFault = (socket: Socket, fault: StreamCsvError): void => {
    const { requestId } = identify({});
    const response = problemResponse(fault);
    const { code, message: detail } = fault;
    log.info({ requestId, status: response.statusCode, code, detail }, "not a request");
    stampResponse(response, requestId);
    answerSocket(response, socket);
  };
  // Node starts its check for slow and idle connections on this event.
  server.emit("listening");
  return server;
}

/** Passes a server a paused connection that another process accepted. */
export function openConnection(server: Server, socket: Socket): void {
  keepHalfOpen(socket);
  server.emit("connection", socket);
  socket.resume();
}
