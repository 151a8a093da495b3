// Longer than most, because a third of it is the documentation of a public class.

import { type Clock, systemClock } from "../clock.ts";
import { requireClock, requireFunction, requireText } from "../check-arguments.ts";
import { NotWritableError, toError, wrongRange, wrongType } from "../errors.ts";
import { describeValue, isChunk, viewBytes } from "../body/chunk.ts";
import { settleWithin } from "../async/settle-within.ts";
import { neverRejects } from "../never-rejects.ts";
import { encodeText, isKnownCharset, parseCharset } from "./head/charset.ts";
import type { CookieOptions, DeleteCookieOptions } from "./head/cookie.ts";
import { checkReasonPhrase } from "./head/header-value.ts";
import { ResponseCookies } from "./head/response-cookies.ts";
import { type HeadersInput, ResponseHeaders } from "./head/response-headers.ts";
import { checkStatusCode, defaultReasonPhrase } from "./head/status.ts";
import { watchHook } from "./watch-hook.ts";

/** Options of every response. */
export interface ResponseOptions {
  /** 100 to 599. @default 200 */
  readonly statusCode?: number;
  /** @default the standard phrase of the current status code */
  readonly reasonPhrase?: string;
  /** @default "text/html; charset=utf-8" (with `charset`, where that is given) */
  readonly contentType?: string;
  /** Encoding of text: utf-8, iso-8859-1, us-ascii or utf-16le. @default the Content-Type's, else "utf-8" */
  readonly charset?: string;
  readonly headers?: HeadersInput;
  /** Gets the errors of closers; without it `closeErrors` keeps them. */
  readonly onError?: (error: Error) => void;
  /** The current time, for the lifetimes of cookies. @default the machine's clock */
  readonly clock?: Clock;
}

/** The names of all {@link ResponseOptions}. */
export const responseOptionNames: readonly (keyof ResponseOptions)[] = [
  "statusCode",
  "reasonPhrase",
  "contentType",
  "charset",
  "headers",
  "onError",
  "clock",
];

/** Gives this module's functions access to the private cookies. */
let cookiesOf: (response: HttpResponseBase) => ResponseCookies;

/** A function that runs when a response is closed. */
export type Closer = () => unknown;

/** How long `close()` waits for one closer before it runs the next. */
export const closerLimitMs = 1000;

const nothingToClose = Promise.resolve();

const defaultContentType = "text/html; charset=utf-8";

/**
 * The common part of all responses: status, headers, cookies and closers, but no content.
 *
 * Use `HttpResponse` for content in memory, `StreamingHttpResponse` for content that is made while it is sent, and
 * `FileResponse` for a file. The property `streaming` tells them apart.
 * @example
 * ```js
 * import { HttpResponse, HttpResponseBase, StreamingHttpResponse } from "stream-csv";
 *
 * for (const response of [new HttpResponse("pong"), new StreamingHttpResponse(["po", "ng"])]) {
 *   response.headers.set("Cache-Control", "no-store");
 *   response.onClose(() => console.log(response.constructor.name, "is closed"));
 *   console.log(response instanceof HttpResponseBase, response.streaming);
 *   await response.close();
 * }
 * ```
 *
 * ```text
 * true false
 * HttpResponse is closed
 * true true
 * StreamingHttpResponse is closed
 * ```
 */
export abstract class HttpResponseBase implements AsyncDisposable {
  /** True if the body is made while it is sent; narrows `AnyResponse`. */
  abstract readonly streaming: boolean;
  /** One value for each name; cookies are separate. */
  readonly headers: ResponseHeaders;
  readonly #onError: ((error: Error) => void) | undefined;
  readonly #cookies: ResponseCookies;
  readonly #closeErrors: Error[] = [];
  #closers: Closer[] = [];
  #statusCode: number;
  #reasonPhrase: string | undefined;
  #charset: string | undefined;
  #closing: Promise<void> | undefined;
  #isClosed = false;

  static {
    cookiesOf = (response) => response.#cookies;
  }

  /**
   * @throws RangeError `SCSV_ARG_RANGE` for a status outside 100 to 599, an unknown charset, or a content type given twice
   * @throws TypeError `SCSV_ARG_TYPE` for an option of the wrong type
   * @throws BadHeaderError `SCSV_BAD_HEADER` for a header or reason phrase that HTTP doesn't allow
   */
  constructor(options: ResponseOptions = {}) {
    if (typeof options !== "object" || options === null)
      throw wrongType(`The options of a response are an object, not ${describeValue(options)}.`);
    const { clock = systemClock, onError, statusCode = 200 } = options;
    if (clock !== systemClock) requireClock(clock);
    if (onError !== undefined) requireFunction("onError", onError);
    this.headers = new ResponseHeaders(options.headers);
    this.#statusCode = checkStatusCode(statusCode);
    if (options.reasonPhrase !== undefined) this.reasonPhrase = options.reasonPhrase;
    if (options.charset !== undefined) this.charset = options.charset;
    if (options.contentType !== undefined) {
      requireText("contentType", options.contentType);
      if (this.headers.has("Content-Type")) {
        throw wrongRange(
          "The content type is given twice: leave out contentType, or the Content-Type in headers.",
        );
      }
      this.headers.set("Content-Type", options.contentType);
    } else if (this.#statusCode !== 304) {
      this.headers.setDefault(
        "Content-Type",
        this.#charset === undefined ? defaultContentType : `text/html; charset=${this.#charset}`,
      );
    }
    this.#onError = onError;
    this.#cookies = new ResponseCookies(clock);
  }

  get statusCode(): number {
    return this.#statusCode;
  }

  /** 100 to 599; the reason phrase changes with it, unless one was set. */
  set statusCode(code: number) {
    this.#statusCode = checkStatusCode(code);
  }

  get reasonPhrase(): string {
    return this.#reasonPhrase ?? defaultReasonPhrase(this.#statusCode);
  }

  /**
   * An empty phrase stays empty. @throws BadHeaderError `SCSV_BAD_HEADER` for control characters and those outside
   * Latin-1
   */
  set reasonPhrase(phrase: string) {
    this.#reasonPhrase = checkReasonPhrase(phrase);
  }

  /** Encoding of text: the one that was set, else that of the current Content-Type, else utf-8. */
  get charset(): string {
    if (this.#charset !== undefined) return this.#charset;
    const contentType = this.headers.get("Content-Type");
    if (contentType === undefined || contentType === defaultContentType) return "utf-8";
    return parseCharset(contentType) ?? "utf-8";
  }

  /** Doesn't change the Content-Type. @throws RangeError `SCSV_ARG_RANGE` for an unsupported charset */
  set charset(charset: string) {
    if (typeof charset !== "string") throw wrongType(`A charset is text, not ${describeValue(charset)}.`);
    if (!isKnownCharset(charset)) encodeText("", charset);
    this.#charset = charset;
  }

  /** The Set-Cookie lines, in the order in which the cookies were first set. */
  get cookies(): readonly string[] {
    return this.#cookies.lines;
  }

  /**
   * Sets a cookie; setting it again replaces it together with its attributes. The value is percent-encoded.
   * @throws BadHeaderError `SCSV_BAD_HEADER` for a character that a cookie can't contain, such as `;`
   * @throws RangeError `SCSV_ARG_RANGE` for `maxAge` beside a `Date`, or an unknown `sameSite`
   */
  setCookie(name: string, value: string, options: CookieOptions = {}): void {
    this.#cookies.set(name, value, options);
  }

  /** Makes the client forget a cookie; give the path and domain it was set with. */
  deleteCookie(name: string, options: DeleteCookieOptions = {}): void {
    this.#cookies.delete(name, options);
  }

  /**
   * Runs `closer` when the response is closed, after the closers registered before; at once if it is closed already.
   */
  onClose(closer: Closer): void {
    if (typeof closer !== "function")
      throw wrongType(`A closer is a function, not ${describeValue(closer)}.`);
    if (this.#isClosed) neverRejects(this.runCloser(closer));
    else this.#closers.push(closer);
  }

  /** Whether all closers have run. */
  get closed(): boolean {
    return this.#isClosed;
  }

  /** Errors of closers that no `onError` took. */
  get closeErrors(): readonly Error[] {
    return this.#closeErrors;
  }

  /**
   * Closes the body's sources, then runs every closer once, in the order in which they were registered.
   *
   * It waits up to a second for each closer before it runs the next. It never rejects: errors go to `onError` or
   * `closeErrors`. Further calls return the same promise. `send()` and the adapters call it.
   * @param reason the reason for aborting the producer's signal, if the body wasn't read to its end
   */
  close(reason?: unknown): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * The header lines, an empty line, and the content of a buffered response; without cookies, and without reading a
   * stream.
   */
  toBytes(): Uint8Array {
    const lines = Array.from(this.headers, ([name, value]) => `${name}: ${value}\r\n`);
    return viewBytes(Buffer.from(`${lines.join("")}\r\n`, "latin1"));
  }

  /** Class, status and content type; not the body. */
  toString(): string {
    const type = this.headers.get("Content-Type");
    const end = type === undefined ? "" : `, ${JSON.stringify(type)}`;
    return `<${this.constructor.name} statusCode=${this.#statusCode}${end}>`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** Closes the bodies before the closers run, outermost first; none for a body in memory. */
  protected closeBodies(_reason: unknown): readonly Closer[] {
    return [];
  }

  /** A chunk as bytes: text in the current charset, bytes unchanged and not copied. */
  protected encodeChunk(chunk: unknown): Uint8Array {
    if (chunk instanceof Uint8Array) return chunk;
    if (!isChunk(chunk)) {
      throw wrongType(`A chunk is text, bytes or a number, not ${describeValue(chunk)}.`);
    }
    return typeof chunk === "object" ? viewBytes(chunk) : encodeText(String(chunk), this.charset);
  }

  /** Runs a closer and waits for it, up to a second; what it throws goes to `onError` or `closeErrors`. */
  protected async runCloser(closer: Closer): Promise<void> {
    const run = async (): Promise<void> => void (await closer());
    await settleWithin(run(), closerLimitMs, (error) => this.#report(toError(error)));
  }

  #close(reason: unknown): Promise<void> {
    const bodies = this.closeBodies(reason);
    if (bodies.length > 0 || this.#closers.length > 0) return this.#runClosers(bodies);
    this.#isClosed = true;
    return nothingToClose;
  }

  async #runClosers(bodies: readonly Closer[]): Promise<void> {
    // Bodies wrap each other and may wait for each other, so all are closed before any is awaited.
    await Promise.all(bodies.map((closer) => this.runCloser(closer)));
    // A closer may register another one, so the list is read again each time.
    for (let closer = this.#closers.shift(); closer !== undefined; closer = this.#closers.shift()) {
      await this.runCloser(closer);
    }
    this.#isClosed = true;
  }

  #report(error: Error): void {
    if (this.#onError === undefined) {
      this.#closeErrors.push(error);
      return;
    }
    const failed = (hookError: unknown): void => void this.#closeErrors.push(error, toError(hookError));
    try {
      watchHook(this.#onError(error), failed);
    } catch (hookError) {
      failed(hookError);
    }
  }
}

/** Copies the cookies of a response to the one that replaces it. */
export function copyCookies(from: HttpResponseBase, to: HttpResponseBase): void {
  for (const line of from.cookies) appendCookieLine(to, line);
}

/** Adds a finished Set-Cookie line unchanged. */
export function appendCookieLine(response: HttpResponseBase, line: string): void {
  cookiesOf(response).append(line);
}

/** Methods that only a buffered response has. The types hide them here, but a JavaScript caller may call them. */
for (const method of ["write", "writeLines", "tell"]) {
  Object.defineProperty(HttpResponseBase.prototype, method, {
    configurable: true,
    writable: true,
    value(this: HttpResponseBase): never {
      throw new NotWritableError(this.constructor.name, method);
    },
  });
}
