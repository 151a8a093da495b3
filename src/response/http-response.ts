import { Writable } from "node:stream";
import { type Clock, systemClock } from "../clock.ts";
import { checkOptionNames, requireText } from "../check-arguments.ts";
import { toError, wrongType } from "../errors.ts";
import { Body } from "../body/body.ts";
import { ByteParts } from "../body/byte-parts.ts";
import { type Chunk, copyBytes, describeValue, isChunk, viewBytes } from "../body/chunk.ts";
import { hasMethod, isAsyncIterable, isIterable, type StreamingBody } from "../body/chunk-reader.ts";
import { Pacer } from "../async/pacer.ts";
import { settleWithin } from "../async/settle-within.ts";
import { neverRejects } from "../never-rejects.ts";
import { decodeText, encodeText, isAscii } from "./head/charset.ts";
import {
  closerLimitMs,
  HttpResponseBase,
  type ResponseOptions,
  responseOptionNames,
} from "./http-response-base.ts";

/** Short text is encoded only when its bytes are asked for; `send()` writes it together with the head. */
const shortText = 4 * 1024;

const noOptions: ResponseOptions = {};

/** The encoding that Node gives a stream for text which is written without one. */
const utf8Name = /^utf-?8$/i;

/** Gives this module's functions access to text that isn't encoded yet. */
let textOf: (response: HttpResponse) => string | undefined;

/** Content of a buffered response: one chunk, or an iterable of chunks that is read at once. */
export type Content = Chunk | Iterable<Chunk>;

/**
 * A response that holds its whole content in memory before the first byte is sent.
 *
 * The content stays in the parts in which it was written. Appending copies only small parts, and `send()` writes the
 * parts without joining them, so a body of N bytes needs about N bytes of memory. Don't change a byte array after
 * passing it.
 * @example
 * ```js
 * import { HttpResponse } from "stream-csv";
 *
 * const response = new HttpResponse("id,name\r\n", { contentType: "text/csv; charset=utf-8" });
 * response.write("1,Ada\r\n");
 * console.log(response.tell(), response.text.split("\r\n").length);
 * ```
 *
 * ```text
 * 16 3
 * ```
 */
export class HttpResponse extends HttpResponseBase implements Iterable<Uint8Array> {
  #encodedParts: ByteParts | undefined;
  /** The whole content, if it is short ASCII text of which nobody has asked for the bytes. */
  #text: string | undefined;

  static {
    textOf = (response) => response.#text;
  }

  /**
   * @throws TypeError `SCSV_ARG_TYPE` for content that is neither a chunk nor an iterable; use {@link
   *   HttpResponse.from} for an asynchronous body
   */
  constructor(content?: Content, options: ResponseOptions = noOptions) {
    if (options !== noOptions) checkOptionNames("HttpResponse", options, responseOptionNames);
    super(options);
    if (content !== undefined) this.content = content;
  }

  /**
   * Collects an asynchronous body. The parts are kept as they arrive, without a final copy, and the event loop gets a
   * turn every few milliseconds. The source is closed before this settles, even after a failure; like a closer, that has
   * a second.
   * @throws whatever the source throws
   */
  static async from(body: StreamingBody, options: ResponseOptions = {}): Promise<HttpResponse> {
    const response = new HttpResponse(undefined, options);
    const source = new Body(body);
    const failures: unknown[] = [];
    const fail = (failure: unknown): void => void failures.push(failure);
    await response.#collect(source, options.clock ?? systemClock).catch(fail);
    await settleWithin(source.close(), closerLimitMs, fail);
    if (failures.length > 0) throw failures[0];
    return response;
  }

  get streaming(): false {
    return false;
  }

  /** All bytes as one array. The first read joins the parts; later reads return the same array. */
  get content(): Uint8Array {
    return viewBytes(this.#parts.join());
  }

  /** Replaces the content. An iterable is read to its end at once; then its `close()` is called, if it has one. */
  set content(content: Content) {
    if (this.#isShortText(content)) {
      this.#text = content;
      this.#encodedParts = undefined;
      return;
    }
    const parts = new ByteParts();
    this.#readAll(content, (chunk) => this.#append(parts, chunk));
    this.#text = undefined;
    this.#encodedParts = parts;
  }

  /**
   * The content as text in the charset, decoded on each read. @throws TypeError for bytes that are invalid in the
   * charset
   */
  get text(): string {
    return decodeText(this.#parts.join(), this.charset);
  }

  set text(text: string) {
    requireText("text", text);
    this.content = text;
  }

  /** The content in its parts, in order, for hashing or sending without a join. */
  get parts(): readonly Uint8Array[] {
    return this.#parts.parts;
  }

  /** Appends one chunk. */
  write(chunk: Chunk): void {
    this.#append(this.#parts, chunk);
  }

  /** Appends every chunk, with nothing between them; then calls the iterable's `close()`, if it has one. */
  writeLines(chunks: Iterable<Chunk>): void {
    if (typeof chunks === "number" || typeof chunks === "bigint")
      throw wrongType(`writeLines() takes an iterable of chunks, not ${describeValue(chunks)}.`);
    this.#readAll(chunks, (chunk) => this.#append(this.#parts, chunk));
  }

  /** The number of bytes written so far. */
  tell(): number {
    return this.#text?.length ?? this.#encodedParts?.byteLength ?? 0;
  }

  /**
   * A Node stream that appends to the content, for libraries that write to a stream. Text is in the response's charset, unless it is
   * written with an encoding of Node other than utf8, such as `base64`.
   */
  toWritable(): Writable {
    return new Writable({
      decodeStrings: false,
      write: (chunk: string | Uint8Array, encoding, done) => {
        try {
          // The writer of a Node stream may reuse its buffer, so the bytes are copied.
          if (typeof chunk !== "string") this.write(Uint8Array.from(chunk));
          else this.write(utf8Name.test(encoding) ? chunk : Buffer.from(chunk, encoding));
          done();
        } catch (error) {
          done(toError(error));
        }
      },
    });
  }

  override toBytes(): Uint8Array {
    return viewBytes(Buffer.concat([super.toBytes(), ...this.parts]));
  }

  /** Yields the content as one array, or nothing if it is empty; can be iterated repeatedly. */
  *[Symbol.iterator](): Generator<Uint8Array, void, undefined> {
    if (this.tell() > 0) yield this.content;
  }

  get #parts(): ByteParts {
    const text = this.#text;
    this.#text = undefined;
    this.#encodedParts ??= new ByteParts();
    if (text !== undefined) this.#encodedParts.append(encodeText(text, "us-ascii"));
    return this.#encodedParts;
  }

  /** Text that has the same bytes in every charset but utf-16le. */
  #isShortText(content: Content): content is string {
    if (typeof content !== "string" || content.length > shortText || this.statusCode === 304) return false;
    return isAscii(content) && this.charset === "utf-8";
  }

  async #collect(source: Body, clock: Clock): Promise<void> {
    const pacer = new Pacer(clock);
    for (;;) {
      const pulled = source.pull();
      const step = pulled instanceof Promise ? await pulled : pulled;
      if (!source.accept(step)) return;
      this.#append(this.#parts, step.value, source.isLending);
      if (pacer.isDue) await pacer.yield();
    }
  }

  #readAll(content: Content, append: (chunk: unknown) => void): void {
    try {
      for (const chunk of this.#chunksOf(content)) append(chunk);
    } finally {
      if (hasMethod(content, "close")) neverRejects(this.runCloser(() => content.close()));
    }
  }

  #chunksOf(content: Content): Iterable<unknown> {
    if (isChunk(content)) return [content];
    if (isIterable(content)) return content;
    throw wrongType(
      isAsyncIterable(content)
        ? "HttpResponse can't wait for an asynchronous body. Use await HttpResponse.from(body), or StreamingHttpResponse."
        : `HttpResponse takes text, bytes or an iterable of them, not ${describeValue(content)}.`,
    );
  }

  #append(parts: ByteParts, chunk: unknown, isLent = false): void {
    const bytes = isLent ? copyBytes(this.encodeChunk(chunk)) : this.encodeChunk(chunk);
    if (bytes.byteLength > 0 && this.statusCode === 304) {
      throw wrongType("A 304 response can't have content: the client uses its cached copy.");
    }
    parts.append(bytes);
  }
}

/** The longest content that `send()` writes in one step. */
const wholeBytes = 128 * 1024;

/** The content of a buffered response, if it is short enough for one step and needs no joining; "" if it is empty. */
export function wholeContent(response: HttpResponse): Uint8Array | string | undefined {
  const text = textOf(response);
  if (text !== undefined) return text;
  if (response.tell() > wholeBytes) return undefined;
  const [part = "", another] = response.parts;
  return another === undefined ? part : undefined;
}
