import { Writable } from "node:stream";
import { type Clock, systemClock } from "../clock.ts";
import { toError, wrongType } from "../errors.ts";
import { Body } from "../stream/body.ts";
import { ByteParts } from "../stream/byte-parts.ts";
import { type Chunk, describeValue, isChunk, viewBytes } from "../stream/chunk.ts";
import { hasMethod, isAsyncIterable, isIterable, type StreamingBody } from "../stream/chunk-reader.ts";
import { Pacer } from "../stream/pacer.ts";
import { decodeText } from "./head/charset.ts";
import { HttpResponseBase, type ResponseOptions } from "./http-response-base.ts";

/** What a buffered response can hold: one chunk, or an iterable of chunks that is read at once. */
export type Content = Chunk | Iterable<Chunk>;

/**
 * A response whose content is held in memory, all of it, before the first byte is sent.
 *
 * The content is kept as the parts it was given in: appending copies nothing big, and `send()` writes the parts without
 * joining them, so that N bytes of body need about N bytes. Bytes that are given belong to the response from then on.
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
  #parts = new ByteParts();

  /**
   * @throws TypeError `SCSV_ARG_TYPE` for content that is neither chunk nor iterable; for what comes over time there is
   *   {@link HttpResponse.from}
   */
  constructor(content?: Content, options: ResponseOptions = {}) {
    super(options);
    if (content !== undefined) this.content = content;
  }

  /**
   * Collects a body that comes over time. The parts are kept as they come, without a final copy, and the event loop has
   * its turn every few milliseconds. The source is closed before this settles, also when it fails.
   * @throws whatever the source throws
   */
  static async from(body: StreamingBody, options: ResponseOptions = {}): Promise<HttpResponse> {
    const response = new HttpResponse(undefined, options);
    const source = new Body(body);
    try {
      await response.#collect(source, options.clock ?? systemClock);
    } finally {
      await source.close();
    }
    return response;
  }

  get streaming(): false {
    return false;
  }

  /** All bytes as one array; the first reading joins the parts, a repeated one gives the same array. */
  get content(): Uint8Array {
    return viewBytes(this.#parts.join());
  }

  /** Replaces all; an iterable is read to its end at once, and its `close()`, where it has one, is called then. */
  set content(content: Content) {
    const parts = new ByteParts();
    try {
      for (const chunk of this.#chunksOf(content)) this.#append(parts, chunk);
    } finally {
      if (hasMethod(content, "close")) void this.runCloser(() => content.close());
    }
    this.#parts = parts;
  }

  /** The content as text of the charset; made anew at each reading. @throws TypeError for bytes that aren't of it */
  get text(): string {
    return decodeText(this.#parts.join(), this.charset);
  }

  set text(text: string) {
    this.content = text;
  }

  /** The content in parts, in order, for hashing or sending it without joining it. */
  get parts(): readonly Uint8Array[] {
    return this.#parts.parts;
  }

  /** Appends one chunk. */
  write(chunk: Chunk): void {
    this.#append(this.#parts, chunk);
  }

  /** Appends every chunk, with nothing between them. */
  writeLines(chunks: Iterable<Chunk>): void {
    for (const chunk of chunks) this.write(chunk);
  }

  /** How many bytes there are. */
  tell(): number {
    return this.#parts.byteLength;
  }

  /** A Node stream that appends to the content, for libraries that write to one. */
  toWritable(): Writable {
    return new Writable({
      decodeStrings: false,
      write: (chunk: Chunk, _encoding, done) => {
        try {
          // A Node stream's bytes stay its writer's, who may use the buffer again.
          this.write(Buffer.isBuffer(chunk) ? Uint8Array.from(chunk) : chunk);
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

  /** The content as one array, or nothing when it is empty; as often as it is asked. */
  *[Symbol.iterator](): Generator<Uint8Array, void, undefined> {
    if (this.tell() > 0) yield this.content;
  }

  async #collect(source: Body, clock: Clock): Promise<void> {
    const pacer = new Pacer(clock);
    for (;;) {
      const pulled = source.pull();
      const step = pulled instanceof Promise ? await pulled : pulled;
      if (!source.accept(step)) return;
      this.#append(this.#parts, step.value);
      if (pacer.isDue) await pacer.yield();
    }
  }

  #chunksOf(content: Content): Iterable<unknown> {
    if (isChunk(content)) return [content];
    if (isIterable(content)) return content;
    throw wrongType(
      isAsyncIterable(content)
        ? "HttpResponse can't wait for a body that comes over time: use await HttpResponse.from(body), or StreamingHttpResponse."
        : `HttpResponse takes text, bytes or an iterable of them, not ${describeValue(content)}.`,
    );
  }

  #append(parts: ByteParts, chunk: unknown): void {
    const bytes = this.encodeChunk(chunk);
    if (bytes.byteLength > 0 && this.statusCode === 304) {
      throw wrongType("A 304 answer takes no content: the client uses what it has.");
    }
    parts.append(bytes);
  }
}
