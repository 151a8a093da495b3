import { StreamCsvError } from "../../../errors.ts";
import type { Audience } from "../../access/access-control.ts";
import type { Caller } from "../../access/caller.ts";
import { HttpFault } from "../../http/http-fault.ts";
import type { AnyResponse } from "../../../response/any-response.ts";
import type { HttpResponse } from "../../../response/http-response.ts";
import type { RequestHead } from "../../../response/head/request-head.ts";
import type { SendOptions, SendOutcome } from "../../../response/send-options.ts";
import type { RequestIdentity } from "../../http/request-identity.ts";

/** A request as a handler gets it. */
export interface RouteRequest {
  readonly method: string;
  readonly headers: RequestHead["headers"];
  readonly identity: RequestIdentity;
  readonly caller: Caller;
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
  /** Runs the sending in the context of the transfer's trace. */
  readonly within?: <T>(run: () => T) => T;
  /** Called once, when the response has been sent or has failed, and its closers have run. */
  readonly onSent?: (outcome: SendOutcome) => void;
}

export type Handler = (request: RouteRequest) => Answer | Promise<Answer>;

/** A path, its methods and its handler; `GET` includes `HEAD`. */
export interface Route {
  /** Who may use it, while the server has tokens. @default "caller" */
  readonly audience?: Audience;
  readonly methods: readonly string[];
  readonly path: string;
  readonly handler: Handler;
  /** Whether a POST may have its token in a form. @default false */
  readonly hasTokenInForm?: boolean;
  /** What a browser without a token gets, so that a person can sign in. @default a problem response */
  readonly signIn?: (takesTokens: boolean) => HttpResponse;
}

/** The handler of a request and the parameters in its path. */
interface Match {
  readonly handler: Handler;
  readonly params: Readonly<Record<string, string | undefined>>;
}

/** A path as the router knows it. */
export interface Found {
  /** Who may use it; that of most paths for one that doesn't exist. */
  readonly audience: Audience;
  readonly hasTokenInForm: boolean;
  readonly signIn: Route["signIn"];
  /** @throws StreamCsvError `SCSV_NOT_FOUND`; `SCSV_METHOD_NOT_ALLOWED`, with the allowed methods */
  readonly match: (method: string) => Match;
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

/** A path that has routes: what answers to each method, and the name of the segment that is a parameter, if one is. */
interface Place extends Pick<Found, "audience" | "hasTokenInForm" | "signIn"> {
  readonly handlers: Map<string, Handler>;
  readonly parameter: string | undefined;
}

/** Finds the route of a request by method and path. A path is fixed, or one of its segments is a parameter (`/jobs/:id`). */
export class Router {
  readonly #places = new Map<string, Place>();
  /** Longer paths are nowhere, so that their length costs nothing. */
  #mostSegments = 0;

  constructor(routes: readonly Route[]) {
    for (const { methods, path, handler, audience = "caller", hasTokenInForm = false, signIn } of routes) {
      const [, parameter] = /:(\w+)/.exec(path) ?? [];
      const key = path.replace(/:\w+/, ":");
      const handlers = new Map<string, Handler>();
      const place = this.#places.get(key) ?? { audience, hasTokenInForm, signIn, handlers, parameter };
      this.#places.set(key, place);
      this.#mostSegments = Math.max(this.#mostSegments, path.split("/").length);
      for (const method of methods) place.handlers.set(method, handler);
      if (methods.includes("GET")) place.handlers.set("HEAD", handler);
    }
  }

  /** Finds who may use a path, whether it exists or not. Only that one may learn from `match` what is there. */
  find(path: string): Found {
    // Most paths are fixed and have nothing to decode. (A key with a parameter is a pattern, even if a path equals it.)
    const known = path.includes("%") ? undefined : this.#places.get(path);
    const isPlain = known !== undefined && known.parameter === undefined;
    const { place, value } = isPlain ? { place: known, value: "" } : this.#placeOf(segmentsOf(path) ?? []);
    const match = (method: string): Match => {
      if (place === undefined) throw new StreamCsvError("SCSV_NOT_FOUND", `There is nothing at "${path}".`);
      const handler = place.handlers.get(method);
      if (handler === undefined) throw new MethodNotAllowedError(method, path, [...place.handlers.keys()]);
      return { handler, params: place.parameter === undefined ? {} : { [place.parameter]: value } };
    };
    const { audience = "caller", hasTokenInForm = false, signIn } = place ?? {};
    return { audience, hasTokenInForm, signIn, match };
  }

  /** A fixed path comes first, then one whose parameter is nearest to the end. */
  #placeOf(segments: readonly string[]): { readonly place: Place | undefined; readonly value: string } {
    const nowhere = { place: undefined, value: "" };
    if (segments.length > this.#mostSegments) return nowhere;
    const fixed = this.#places.get(keyOf(segments));
    // A request may have the colon of a parameter itself.
    if (fixed !== undefined) return { place: fixed, value: ":" };
    for (let index = segments.length - 1; index > 0; index -= 1) {
      const value = segments[index] ?? "";
      const place = value === "" ? undefined : this.#places.get(keyOf(segments.with(index, ":")));
      if (place !== undefined) return { place, value };
    }
    return nowhere;
  }
}

/** The decoded segments of a path, so that `/%70ing` is `/ping` (RFC 3986, section 6.2.2.2); undefined where that can't be done. */
function segmentsOf(path: string): readonly string[] | undefined {
  try {
    return path.split("/").map(decodeURIComponent);
  } catch {
    // A percent sign without two digits behind it, or bytes that aren't UTF-8: nothing has such a name.
    return undefined;
  }
}

/** A slash inside a segment (`%2F`) separates nothing, so it mustn't look like one that does. */
function keyOf(segments: readonly string[]): string {
  return segments.some((segment) => segment.includes("/")) ? "" : segments.join("/");
}
