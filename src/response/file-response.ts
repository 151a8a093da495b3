import { constants, type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { type Clock, systemClock } from "../clock.ts";
import { checkOptionNames, pickOptions, requireFlag, requireText } from "../check-arguments.ts";
import { messageOf, wrongRange, wrongType } from "../errors.ts";
import { describeValue } from "../body/chunk.ts";
import { hasMethod, type StreamingBody } from "../body/chunk-reader.ts";
import { type FileVersion, readFileBlocks } from "../body/read-file-blocks.ts";
import { baseNameOf, formatDisposition } from "./head/disposition.ts";
import { formatEntityTag } from "./head/entity-tag.ts";
import { guessContentType } from "./head/guess-content-type.ts";
import { formatHttpDate } from "./head/http-date.ts";
import type { RequestHead } from "./head/request-head.ts";
import { ResponseHeaders } from "./head/response-headers.ts";
import { type ByteRange, selectRange } from "./select-range.ts";
import {
  StreamingHttpResponse,
  type StreamingResponseOptions,
  streamingOptionNames,
} from "./streaming-http-response.ts";

/** Options of a response that sends a file. */
export interface FileResponseOptions extends StreamingResponseOptions {
  /**
   * The name the client sees, of which only the base name is used; an empty one, as of `"/"`, counts as absent.
   * @default the opened file's name
   */
  readonly filename?: string;
  /** Whether the client should save the file instead of showing it. @default false */
  readonly asAttachment?: boolean;
}

/** Options for opening a file. */
export interface OpenFileOptions extends FileResponseOptions {
  /** First byte. @default 0 */
  readonly start?: number;
  /** Last byte, included. @default the file's last */
  readonly end?: number;
  /** The entity tag, with or without quotes; its SHA-256 if it holds other characters than a tag may. @default a strong one from size, modification time and inode */
  readonly etag?: string;
}

const optionNames: readonly (keyof FileResponseOptions)[] = [
  ...streamingOptionNames,
  "filename",
  "asAttachment",
];

const openOptionNames: readonly (keyof OpenFileOptions)[] = [...optionNames, "start", "end", "etag"];

/**
 * Opening a pipe without a writer would block a thread of Node's pool until a writer comes. With `O_NONBLOCK` it
 * opens at once and can be refused.
 */
const openFlags = constants.O_RDONLY | constants.O_NONBLOCK;

interface OpenedFile {
  readonly handle: FileHandle;
  readonly version: FileVersion;
}

/** Digests of the bytes in an answer, which of a part differ from those of the file (RFC 9530, section 2). */
const headersOfContent = ["Content-Digest", "Content-MD5"];

/** These describe the file, and an answer to a range outside it contains none of it. */
const headersOfFile = [
  ...headersOfContent,
  "Content-Disposition",
  "Content-Encoding",
  "Content-Language",
  "Content-Type",
  "Digest",
  "Repr-Digest",
];

/** Narrows a file response to the requested range. The class sets it, because it needs the class's private state. */
let narrow: (response: FileResponse, request: RequestHead) => void;

/**
 * A file, sent through one open handle: from a block of 64 KiB, or from two of 512 KiB while the reader is fast. Closing the
 * response closes the handle.
 *
 * {@link FileResponse.open} knows the length and sets Content-Length, ETag and Last-Modified. `send()` then answers
 * Range and If-Range, unless `Accept-Ranges` was removed or set to `none`. If the file changes while it is sent,
 * `send()` cuts the connection before the last byte. A response made by the constructor is a stream with a name: no
 * length, no tag, no ranges.
 * @example
 * ```js
 * import { FileResponse } from "stream-csv";
 *
 * const response = await FileResponse.open("package.json", { asAttachment: true });
 * console.log(response.headers.get("Content-Disposition"));
 * await response.close();
 * ```
 *
 * ```text
 * attachment; filename="package.json"
 * ```
 */
export class FileResponse extends StreamingHttpResponse {
  readonly #clock: Clock;
  #file: OpenedFile | undefined;
  #range: ByteRange = { start: 0, end: 0 };

  static {
    narrow = (response, request) => {
      if (response.#file !== undefined && response.statusCode === 200) response.#answerRange(request);
    };
  }

  constructor(body: StreamingBody = [], options: FileResponseOptions = {}) {
    checkOptionNames("FileResponse", options, optionNames);
    super(body, withFileHeaders(options));
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Opens a file, or takes an open handle. Closing the response closes the handle; an error here closes it too.
   * @throws TypeError `SCSV_ARG_TYPE` if it is not a regular file, or an option has the wrong type; RangeError `SCSV_ARG_RANGE` for a `start` or `end`
   *   outside it; and what `fs.open` throws
   */
  static async open(file: string | URL | FileHandle, options: OpenFileOptions = {}): Promise<FileResponse> {
    const path = isFileHandle(file) ? undefined : pathOf(file);
    const handle = isFileHandle(file) ? file : await open(file, openFlags);
    try {
      checkOptionNames("FileResponse.open()", options, openOptionNames);
      if (options.etag !== undefined) requireText("etag", options.etag);
      const stats = await handle.stat({ bigint: true });
      if (!stats.isFile()) {
        throw wrongType(
          `FileResponse.open() takes a regular file, and ${path === undefined ? "the handle" : describeValue(path)} is not one. Pass the constructor a stream of it instead.`,
        );
      }
      if (options.filename !== undefined) requireText("filename", options.filename);
      const name = baseNameOf(options.filename) || (path === undefined ? undefined : basename(path));
      const response: FileResponse = new FileResponse(
        () => readFileBlocks(handle, stats, response.#range.start, response.#range.end, response.#clock),
        { ...pickOptions(options, optionNames), ...(name !== undefined && { filename: name }) },
      );
      response.#describe({ handle, version: stats }, stats.mtime, options);
      return response;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  override get streamingContent(): AsyncIterable<Uint8Array> {
    return super.streamingContent;
  }

  /**
   * Another body isn't the file's bytes, so ranges of it can't be answered. The file stays open until the response is
   * closed.
   */
  override set streamingContent(body: StreamingBody) {
    super.streamingContent = body;
    this.#file = undefined;
    this.headers.delete("Accept-Ranges");
  }

  #describe(file: OpenedFile, modified: Date, options: OpenFileOptions): void {
    const { version } = file;
    const size = Number(version.size);
    const { start = 0, end = size - 1 } = options;
    requirePosition("start", start, size);
    if (end !== start - 1) requirePosition("end", end, Number.MAX_SAFE_INTEGER);
    if (end < start - 1)
      throw wrongRange(`The last byte, end: ${end}, is before the first, start: ${start}.`);
    this.#file = file;
    this.#range = { start, end: Math.min(end + 1, size) };
    this.onClose(() => file.handle.close());
    const isPart = start > 0 || this.#range.end < size;
    const state = [version.size, version.mtimeNs, version.ino, ...(isPart ? [start, this.#range.end] : [])];
    this.headers.set("Content-Length", this.#range.end - start);
    this.headers.setDefault(
      "ETag",
      formatEntityTag(options.etag ?? state.map((part) => part.toString(36)).join("-")),
    );
    // A file's modification time may be in the future; Last-Modified must not be (RFC 9110, section 8.8.2.1).
    const modifiedMs = Math.min(modified.getTime(), this.#clock.wallMs());
    this.headers.setDefault("Last-Modified", formatHttpDate(modifiedMs));
    this.headers.setDefault("Accept-Ranges", "bytes");
  }

  #answerRange(request: RequestHead): void {
    const size = this.#range.end - this.#range.start;
    const part = selectRange(request, this.headers, size);
    if (part === undefined) return;
    const { start, end } = part === "unsatisfiable" ? { start: 0, end: 0 } : part;
    this.statusCode = part === "unsatisfiable" ? 416 : 206;
    for (const name of part === "unsatisfiable" ? headersOfFile : headersOfContent) this.headers.delete(name);
    this.headers.set(
      "Content-Range",
      part === "unsatisfiable" ? `bytes */${size}` : `bytes ${start}-${end - 1}/${size}`,
    );
    this.headers.set("Content-Length", end - start);
    this.#range = { start: this.#range.start + start, end: this.#range.start + end };
  }
}

/**
 * Turns a file response into a 206 or 416 if the request's Range and If-Range ask for it. Other requests leave it
 * unchanged, and so does a body that was wrapped.
 */
export function answerRange(response: FileResponse, request: RequestHead): void {
  narrow(response, request);
}

/** Sets type and disposition from the file name if the caller gave none. */
function withFileHeaders(options: FileResponseOptions): StreamingResponseOptions {
  const { filename, asAttachment = false } = options;
  if (filename !== undefined) requireText("filename", filename);
  requireFlag("asAttachment", asAttachment);
  const headers = new ResponseHeaders(options.headers);
  const disposition = formatDisposition(filename, asAttachment);
  if (disposition !== undefined) headers.setDefault("Content-Disposition", disposition);
  if (options.contentType === undefined) headers.setDefault("Content-Type", guessContentType(filename));
  return { ...pickOptions(options, streamingOptionNames), headers };
}

function isFileHandle(file: unknown): file is FileHandle {
  return hasMethod(file, "stat") && hasMethod(file, "read") && hasMethod(file, "close");
}

function pathOf(file: unknown): string {
  if (typeof file === "string") return file;
  if (!isUrl(file))
    throw wrongType(`FileResponse.open() takes a path, a URL or a FileHandle, not ${describeValue(file)}.`);
  try {
    return fileURLToPath(file);
  } catch (error) {
    throw wrongRange(`FileResponse.open() can't open ${file.href}: ${messageOf(error)}.`);
  }
}

/** By its members: the DOM of a test runner has a class of its own, and the module node:url has another one. */
function isUrl(value: unknown): value is URL {
  if (typeof value !== "object" || value === null) return false;
  return typeof Reflect.get(value, "href") === "string" && typeof Reflect.get(value, "protocol") === "string";
}

function requirePosition(name: string, value: number, limit: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > limit) {
    throw wrongRange(`${name} is a whole number from 0 to ${limit}, not ${describeValue(value)}.`);
  }
}
