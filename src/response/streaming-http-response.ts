import { checkOptionNames } from "../check-arguments.ts";
import { wrongType } from "../errors.ts";
import { Body } from "../body/body.ts";
import type { StreamingBody } from "../body/chunk-reader.ts";
import { BodyView } from "./body-view.ts";
import { checkTrailers, type ResponseTrailers } from "./head/trailers.ts";
import {
  type Closer,
  HttpResponseBase,
  type ResponseOptions,
  responseOptionNames,
} from "./http-response-base.ts";

/** Options of a streaming response. */
export interface StreamingResponseOptions extends ResponseOptions {
  readonly trailers?: ResponseTrailers;
}

/** The names of all {@link StreamingResponseOptions}. */
export const streamingOptionNames: readonly (keyof StreamingResponseOptions)[] = [
  ...responseOptionNames,
  "trailers",
];

/**
 * A response whose body is made while it is sent, in constant memory: each chunk is pulled when the previous one is
 * written.
 *
 * The body is read once; a second iteration yields nothing. To change it, wrap `streamingContent` and assign the
 * wrapper back; that reads nothing. Closing fires the producer's signal, then calls `return()` once on the outermost
 * wrapper and on each body below it, even if they weren't started.
 * @example
 * ```js
 * import { HttpResponse, StreamingHttpResponse } from "stream-csv";
 *
 * async function* shout(chunks) {
 *   for await (const chunk of chunks) yield Buffer.from(chunk).toString().toUpperCase();
 * }
 * const response = new StreamingHttpResponse(["id,", "name"], { contentType: "text/csv; charset=utf-8" });
 * response.streamingContent = shout(response.streamingContent);
 * console.log((await HttpResponse.from(response.streamingContent)).text);
 * ```
 *
 * ```text
 * ID,NAME
 * ```
 */
export class StreamingHttpResponse extends HttpResponseBase implements AsyncIterable<Uint8Array> {
  readonly #bodies: Body[] = [];
  #body: Body;
  #trailers: ResponseTrailers | undefined;

  /**
   * @throws TypeError `SCSV_ARG_TYPE` for a value that can't be a body: a number, a boolean, `null`, an object that
   *   can't be iterated
   * @throws BadHeaderError `SCSV_BAD_HEADER` for trailers that HTTP doesn't allow
   */
  constructor(body: StreamingBody = [], options: StreamingResponseOptions = {}) {
    checkOptionNames("StreamingHttpResponse", options, streamingOptionNames);
    super(options);
    this.#trailers = checkTrailers(options.trailers);
    this.#body = this.#adopt(body);
  }

  get streaming(): true {
    return true;
  }

  /** Fields to send after the body. Left out if the client didn't send `TE: trailers`, or if the body isn't chunked. */
  get trailers(): ResponseTrailers | undefined {
    return this.#trailers;
  }

  /** @throws BadHeaderError `SCSV_BAD_HEADER` for a name that HTTP doesn't allow after the body */
  set trailers(trailers: ResponseTrailers | undefined) {
    this.#trailers = checkTrailers(trailers);
  }

  /** The body as bytes, each chunk converted when it is pulled. Getting this property reads nothing of the body. */
  get streamingContent(): AsyncIterable<Uint8Array> {
    return new BodyView(this.#body, (chunk) => this.encodeChunk(chunk));
  }

  /** Replaces the body. The old one is closed when the response is closed. */
  set streamingContent(body: StreamingBody) {
    this.#body = this.#adopt(body);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.streamingContent[Symbol.asyncIterator]();
  }

  protected override closeBodies(reason: unknown): readonly Closer[] {
    // All signals fire before the first return(), because a wrapper may wait for a source that only its signal can
    // wake.
    for (const body of this.#bodies) body.abort(reason);
    return this.#bodies.map((body) => () => body.close(reason)).toReversed();
  }

  #adopt(body: unknown): Body {
    const adopted = new Body(body);
    this.#bodies.push(adopted);
    return adopted;
  }
}

/** The types hide these here; the error tells a JavaScript caller what to do instead. */
for (const name of ["content", "text"]) {
  const refuse = function (this: StreamingHttpResponse): never {
    throw wrongType(
      `${this.constructor.name} has no ${name}: its body is made while it is sent. Branch on streaming, and use streamingContent.`,
    );
  };
  Object.defineProperty(StreamingHttpResponse.prototype, name, {
    configurable: true,
    get: refuse,
    set: refuse,
  });
}
