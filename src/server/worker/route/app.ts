import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "pino";
import { StreamCsvError } from "../../../errors.ts";
import type { AnyResponse } from "../../../response/any-response.ts";
import type { HttpResponse } from "../../../response/http-response.ts";
import { send } from "../../../response/send.ts";
import { onSocketClose } from "../../../socket/socket-close.ts";
import type { Life } from "../admission/life.ts";
import type { HttpSettings } from "../../shared/http-settings.ts";
import { checkRequest } from "./check-request.ts";
import { problemResponse } from "../../http/problem.ts";
import { identify, type RequestIdentity } from "../../http/request-identity.ts";
import { readTarget } from "./request-target.ts";
import type { Answer, Router } from "./route.ts";

/** What answering needs of the worker. */
export interface AppContext {
  readonly router: Router;
  readonly log: Logger;
  readonly life: Life;
  readonly http: HttpSettings;
  /** Whether the answer to a request must have a length. */
  readonly needsLength: (req: IncomingMessage) => boolean;
}

/** Answers one request: finds its route, makes the response, sends it. Never rejects; a fault is an answer. */
export async function answerRequest(
  req: IncomingMessage,
  res: ServerResponse,
  context: AppContext,
): Promise<void> {
  const { life } = context;
  const done = life.begin();
  const identity = identify(req.headers);
  const finish = <R extends AnyResponse>(response: R): R => {
    response.headers.set("X-Request-Id", identity.requestId);
    // From the moment it isn't ready: so the pools of proxies are empty when connections are closed.
    if (!life.isReady) response.headers.set("Connection", "close");
    return response;
  };
  try {
    const { response, options, onSent } = await answer(req, res, context, identity);
    const onErrorBeforeHead = (error: Error): HttpResponse => finish(problemResponse(error));
    const outcome = await send(finish(response), req, res, { ...options, onErrorBeforeHead });
    onSent?.(outcome);
  } finally {
    done();
  }
}

async function answer(
  req: IncomingMessage,
  res: ServerResponse,
  { router, log, http, needsLength }: AppContext,
  identity: RequestIdentity,
): Promise<Answer> {
  try {
    checkRequest(req, http);
    const { path, query } = readTarget(req.url ?? "", http);
    const { method = "", headers } = req;
    const { handler, params } = router.find(method, path);
    return await handler({
      method,
      headers,
      identity,
      params,
      query,
      needsLength: needsLength(req),
      clientGone: () => clientGone(req, res),
    });
  } catch (error) {
    const response = problemResponse(error);
    // The answer to a client that has left is nobody's fault.
    if (response.statusCode === 500 && !res.destroyed)
      log.error({ ...identity, err: error, method: req.method, url: req.url }, "request failed");
    return { response };
  }
}

/** A signal that fires when the client has left; made only for those who ask, since short requests are many. */
function clientGone({ socket }: IncomingMessage, res: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => controller.abort(new StreamCsvError("SCSV_CANCELLED", "The client has left."));
  if (res.destroyed) abort();
  else res.once("close", abort).once("close", onSocketClose(socket, abort));
  return controller.signal;
}
