import FindMyWay, { type HTTPMethod } from "find-my-way";
import { StreamCsvError } from "../../../errors.ts";
import { HttpFault } from "../../http/http-fault.ts";
import type { AnyResponse } from "../../../response/any-response.ts";
import type { RequestHead } from "../../../response/head/request-head.ts";
import type { SendOptions, SendOutcome } from "../../../response/send-options.ts";
import type { RequestIdentity } from "../../http/request-identity.ts";

/** A request as a handler gets it. */
export interface RouteRequest {
  readonly method: string;
  readonly headers: RequestHead["headers"];
  readonly identity: RequestIdentity;
  readonly params: Readonly<Record<string, string | undefined>>;
  /** Query parameters in order, including repeated names. */
  readonly query: URLSearchParams;
  /** Whether the body must have a length, because the client would take a cut for the end. */
  readonly needsLength: boolean;
  /** A signal that fires when the client disconnects. */
  readonly clientGone: () => AbortSignal;
}

/** The result of a handler: a response, and how to send it. */
export interface Answer {
  readonly response: AnyResponse;
  readonly options?: SendOptions;
  /** Called once, when the response has been sent or has failed, and its closers have run. */
  readonly onSent?: (outcome: SendOutcome) => void;
}

export type Handler = (request: RouteRequest) => Answer | Promise<Answer>;

/** A path, its methods and its handler; `GET` includes `HEAD`. */
export interface Route {
  readonly methods: readonly HTTPMethod[];
  readonly path: string;
  readonly handler: Handler;
}

/** The handler of a request and the parameters in its path. */
export interface Match {
  readonly handler: Handler;
  readonly params: Readonly<Record<string, string | undefined>>;
}

/** The path exists, but doesn't support the method. */
class MethodNotAllowedError extends HttpFault {
  constructor(method: string, path: string, allow: readonly string[]) {
    super(
      "SCSV_METHOD_NOT_ALLOWED",
      `"${path}" doesn't support ${method}. It supports ${allow.join(", ")}.`,
      { Allow: allow.join(", ") },
    );
  }
}

/** Finds the route of a request by method and path. */
export class Router {
  readonly #router = FindMyWay({ onBadUrl: () => undefined, maxParamLength: 4096 });
  readonly #methods = new Set<HTTPMethod>();

  constructor(routes: readonly Route[]) {
    for (const { methods, path, handler } of routes) {
      const all: HTTPMethod[] = methods.includes("GET") ? [...methods, "HEAD"] : [...methods];
      for (const method of all) this.#methods.add(method);
      this.#router.on(all, path, placeholder, handler);
    }
  }

  /** @throws StreamCsvError `SCSV_NOT_FOUND`; `SCSV_METHOD_NOT_ALLOWED`, with the allowed methods */
  find(method: string, path: string): Match {
    const found = this.#lookUp(method, path);
    if (found !== undefined) return found;
    const allow = [...this.#methods].filter((other) => this.#lookUp(other, path) !== undefined);
    if (allow.length > 0) throw new MethodNotAllowedError(method, path, allow);
    throw new StreamCsvError("SCSV_NOT_FOUND", `There is nothing at "${path}".`);
  }

  #lookUp(method: string, path: string): Match | undefined {
    const found = this.#router.find(method as HTTPMethod, path);
    if (found === null || found.handler !== placeholder) return undefined;
    return { handler: found.store as Handler, params: found.params };
  }
}

/** find-my-way would call handlers itself. Here it only finds routes; the real handler is in the route's store. */
function placeholder(): void {}
