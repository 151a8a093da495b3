import type { Random } from "../../../bench/internal.ts";
import type { RunRecord } from "../record.ts";
import type { KnownTexts } from "../subject/known-texts.ts";
import type { SourceFiles } from "../subject/source-files.ts";
import { LoadConnection, type ClientTarget } from "../load-connection.ts";
import { requestText, textsFor, type DownloadRequest } from "./download-request.ts";
import { judgeAnswer } from "./judge-answer.ts";
import { readAnswer, type ReceivedAnswer, type ReadAnswerOptions } from "./read-answer.ts";

/** What a client needs. */
export interface ClientContext {
  readonly target: ClientTarget;
  /** Its way to the server, for the table: `direct`, `nginx`, `nginx with HTTP/1.0`. */
  readonly way: string;
  readonly random: Random;
  readonly files: SourceFiles;
  readonly texts: KnownTexts;
  readonly record: RunRecord;
  /** Fires when the load ends: pending answers are then read to their end without delay. */
  readonly over: AbortSignal;
}

/** Bytes of a coded body that are kept to be decoded. */
const mostCodedBytes = 16 * 1024 ** 2;

/** A client with one connection. */
export class Client {
  readonly context: ClientContext;
  readonly #kind: string;
  #connection: LoadConnection | undefined;

  constructor(context: ClientContext, kind: string) {
    this.context = context;
    this.#kind = kind;
  }

  /** The connection, opened if necessary; undefined if the server doesn't accept one. */
  async connect(): Promise<LoadConnection | undefined> {
    if (this.#connection !== undefined) return this.#connection;
    this.#connection = await LoadConnection.open(this.context.target);
    if (this.#connection === undefined) this.count("refused");
    return this.#connection;
  }

  /** Requests an export, then reads and judges the answer; undefined without a connection. */
  async ask(
    request: DownloadRequest,
    reading: Omit<ReadAnswerOptions, "method"> = {},
  ): Promise<ReceivedAnswer | undefined> {
    const connection = await this.connect();
    connection?.write(requestText(request, this.context.files));
    return connection === undefined ? undefined : await this.readExport(request, reading);
  }

  /** Reads the answer to a request that has been sent. */
  async readExport(
    request: DownloadRequest,
    reading: Omit<ReadAnswerOptions, "method"> = {},
  ): Promise<ReceivedAnswer | undefined> {
    const connection = this.#connection;
    if (connection === undefined) return undefined;
    const { method, acceptsGzip, isKept } = request;
    const kept = acceptsGzip ? { keptBytes: mostCodedBytes } : {};
    const answer = await readAnswer(connection, { ...kept, ...reading, method });
    const possible = await textsFor(request, this.context.texts);
    const fault = judgeAnswer(request, answer, possible);
    this.count(outcomeOf(answer));
    if (fault !== undefined)
      this.fault(fault.kind, requestText(request, this.context.files), answer, fault.detail);
    if (!isKept || !canGoOn(answer)) this.leave("close");
    return answer;
  }

  leave(how: "reset" | "close"): void {
    this.#connection?.leave(how);
    this.#connection = undefined;
  }

  count(what: string): void {
    this.context.record.answer(`${this.context.way}: ${this.#kind}`, what);
  }

  fault(kind: string, asked: string, answer: ReceivedAnswer, detail: string): void {
    const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n  ");
    this.context.record.finding(
      kind,
      `${this.context.way}, ${this.#kind} client\nasked:\n  ${asked.trim().replaceAll("\r\n", "\n  ")}\nanswered: ${answer.status}, ${answer.bytes} bytes, ${answer.ending}\n  ${headers}\n${detail}`,
    );
  }
}

/** Status and end of an answer, as it is counted in the table. */
export function outcomeOf({ status, ending }: ReceivedAnswer): string {
  if (status === 0) return ending === "hang" ? "hang" : "cut before an answer";
  return ending === "complete" ? String(status) : `${status} ${ending}`;
}

function canGoOn({ ending, framing, headers }: ReceivedAnswer): boolean {
  const isClosing = headers.get("connection")?.toLowerCase() === "close";
  return ending === "complete" && framing !== "close" && !isClosing;
}
