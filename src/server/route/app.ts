import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "pino";
import { StreamCsvError } from "../../errors.ts";
import { send } from "../../response/send.ts";
import { onSocketClose } from "../../stream/socket-close.ts";
import type { Life } from "../admission/life.ts";
import { problemResponse } from "./problem.ts";
import type { Answer, Router } from "./route.ts";

/** What answering needs of the worker. */
export interface AppContext {
  readonly router: Router;
  readonly log: Logger;
  readonly life: Life;
}

/** Answers one request: finds its route, makes the response, sends it. Never rejects; a fault is an answer. */
export async function answerRequest(
  req: IncomingMessage,
  res: ServerResponse,
  context: AppContext,
): Promise<void> {
  const { life } = context;
  const done = life.begin();
  try {
    const { response, options, onSent } = await answer(req, res, context);
    if (life.isDraining) response.headers.set("Connection", "close");
    const outcome = await send(response, req, res, { ...options, onErrorBeforeHead: problemResponse });
    onSent?.(outcome);
  } finally {
    done();
  }
}

async function answer(
  req: IncomingMessage,
  res: ServerResponse,
  { router, log }: AppContext,
): Promise<Answer> {
  try {
    const { path, query } = splitTarget(req.url ?? "");
    const method = req.method ?? "";
    const { handler, params } = router.find(method, path);
    return await handler({ method, params, query, clientGone: () => clientGone(req, res) });
  } catch (error) {
    const response = problemResponse(error);
    // The answer to a client that has left is nobody's fault.
    if (response.statusCode === 500 && !res.destroyed)
      log.error({ err: error, method: req.method, url: req.url }, "request failed");
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

/** The path and the query of a request target (RFC 9112, section 3.2), unresolved: `//` names no host here. */
function splitTarget(target: string): { readonly path: string; readonly query: URLSearchParams } {
  const origin = /^https?:\/\/[^/?#]*/i.exec(target)?.[0] ?? "";
  const rest = target.slice(origin.length);
  const mark = rest.indexOf("?");
  const path = mark < 0 ? rest : rest.slice(0, mark);
  return { path: path === "" ? "/" : path, query: new URLSearchParams(mark < 0 ? "" : rest.slice(mark + 1)) };
}
