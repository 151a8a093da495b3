import type { IncomingMessage, ServerResponse } from "node:http";
import Negotiator from "negotiator";
import type { Logger } from "pino";
import type { Clock } from "../../../clock.ts";
import { StreamCsvError } from "../../../errors.ts";
import type { AnyResponse } from "../../../response/any-response.ts";
import type { HttpResponse } from "../../../response/http-response.ts";
import { send } from "../../../response/send.ts";
import type { SendOutcome } from "../../../response/send-options.ts";
import { onSocketClose } from "../../../socket/on-socket-close.ts";
import type { WorkerState } from "../admission/worker-state.ts";
import type { HttpSettings } from "../../shared/http-settings.ts";
import { checkRequest } from "./check-request.ts";
import type { AccessControl } from "../../access/access-control.ts";
import { everyone } from "../../access/caller.ts";
import { requireAllowedHost, requireOwnSite, type HostRule } from "../../access/request-origin.ts";
import { problemResponse } from "../../http/problem-response.ts";
import { identify, type RequestIdentity } from "../../http/request-identity.ts";
import { logRefusal } from "../../http/log-refusal.ts";
import { stampResponse } from "../../http/stamp-response.ts";
import { varyBy } from "../../http/vary-by.ts";
import { readTarget } from "./request-target.ts";
import { readForm } from "./read-form.ts";
import type { Answer, Route, Router } from "./router.ts";

/** What answering a request needs from the worker. */
export interface AppContext {
  /** The routes of the port to which a request came. */
  readonly port: (req: IncomingMessage) => AnsweringPort;
  readonly access: AccessControl;
  readonly clock: Clock;
  readonly log: Logger;
  readonly workerState: WorkerState;
  readonly http: HttpSettings;
  /** Whether the answer to a request must have a length. */
  readonly needsLength: (req: IncomingMessage) => boolean;
}

/** What a port of the server has. */
export interface AnsweringPort {
  readonly router: Router;
  readonly hosts: HostRule;
}

/** Answers one request: finds its route, makes the response, sends it. Never rejects: an error becomes an answer. */
export async function answerRequest(
  req: IncomingMessage,
  res: ServerResponse,
  context: AppContext,
): Promise<void> {
  const { workerState } = context;
  const done = workerState.begin();
  const identity = identify(req.headers);
  const finish = <R extends AnyResponse>(response: R): R => {
    stampResponse(response, identity.requestId);
    // As soon as the worker isn't ready, so that proxies have no idle connections left when the server closes them.
    if (!workerState.isReady) response.headers.set("Connection", "close");
    return response;
  };
  try {
    const { response, options, within, onSent } = await answer(req, res, context, identity);
    const onErrorBeforeHead = (error: Error): HttpResponse => finish(problemResponse(error));
    const sendIt = (): Promise<SendOutcome> =>
      send(finish(response), req, res, { ...options, onErrorBeforeHead });
    const outcome = await (within === undefined ? sendIt() : within(sendIt));
    onSent?.(outcome);
  } finally {
    done();
  }
}

async function answer(
  req: IncomingMessage,
  res: ServerResponse,
  { port, access, clock, log, http, needsLength }: AppContext,
  identity: RequestIdentity,
): Promise<Answer> {
  let signIn: Route["signIn"];
  try {
    checkRequest(req, http);
    const { method = "", headers } = req;
    const { path, query } = readTarget(req.url ?? "", http, method);
    const { router, hosts } = port(req);
    requireAllowedHost(req, hosts);
    requireOwnSite(req, hosts);
    const found = router.find(path);
    signIn = found.signIn;
    const isForm = found.hasTokenInForm && method === "POST";
    const formToken = isForm ? (await readForm(req, http)).get("access_token") : null;
    const caller = await access.admit(found.audience, { req, path, query, formToken }, clock.wallMs());
    const { handler, params } = found.match(method);
    const answered = await handler({
      method,
      headers,
      identity,
      caller,
      params,
      query,
      needsLength: needsLength(req),
      clientGone: () => clientGone(req, res),
    });
    if (caller !== everyone) varyBy(answered.response, "Authorization");
    return answered;
  } catch (error) {
    const response = problemResponse(error);
    if (response.statusCode === 401 && signIn !== undefined && isBrowser(req)) {
      const page = signIn(access.takesTokens);
      page.headers.set("WWW-Authenticate", response.headers.get("WWW-Authenticate") ?? "Bearer");
      return { response: page };
    }
    // An error after the client disconnected isn't worth a log line.
    if (!res.destroyed) logRefusal(log, req, identity, response.statusCode, error);
    return { response };
  }
}

/** Whether a client would rather have HTML than JSON. Programs accept anything, and get JSON. */
function isBrowser({ headers: { accept } }: IncomingMessage): boolean {
  const types = ["application/problem+json", "text/html"];
  return new Negotiator({ headers: { accept } }).mediaType(types) === "text/html";
}

/** A signal that fires when the client disconnects. Made on demand, because most requests are short and need none. */
function clientGone({ socket }: IncomingMessage, res: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const abort = (): void =>
    controller.abort(new StreamCsvError("SCSV_CANCELLED", "The client has disconnected."));
  // A pipelined answer has no socket before its turn, so it isn't destroyed with it.
  if (res.destroyed || socket.destroyed) abort();
  else res.once("close", abort).once("close", onSocketClose(socket, abort));
  return controller.signal;
}
