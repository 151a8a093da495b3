import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import type { KnownText } from "../subject/known-texts.ts";
import type { ReceivedAnswer } from "./read-answer.ts";
import type { DownloadRequest } from "./download-request.ts";

/** Statuses that a valid request may get while faults are injected: refusals for lack of a resource, and failures. */
const allowed: ReadonlySet<number> = new Set([200, 206, 408, 413, 429, 500, 502, 503, 504, 507]);

/** What is wrong with an answer. */
export interface Fault {
  readonly kind: string;
  readonly detail: string;
}

/**
 * Judges an answer; undefined if nothing is wrong. A cut isn't wrong, and neither is an error status: wrong is an
 * answer that a client would falsely believe.
 */
export function judgeAnswer(
  request: DownloadRequest,
  answer: ReceivedAnswer,
  possible: readonly KnownText[],
): Fault | undefined {
  if (answer.malformed !== undefined) return { kind: "an answer is malformed", detail: answer.malformed };
  if (answer.ending === "hang")
    return {
      kind: "a client hangs",
      detail: `after ${answer.bytes} bytes of its body nothing came any more`,
    };
  if (answer.status === 0 || answer.ending !== "complete") return undefined;
  if (!allowed.has(answer.status))
    return {
      kind: `a right request is answered with ${answer.status}`,
      detail: answer.content?.toString() ?? "",
    };
  if (answer.content?.includes("SCSV_INTERNAL") === true)
    return { kind: "an answer has SCSV_INTERNAL, a fault nobody foresaw", detail: answer.content.toString() };
  if (request.method === "HEAD" || answer.status > 206) return undefined;
  return judgeBody(request, answer, possible);
}

function judgeBody(
  request: DownloadRequest,
  answer: ReceivedAnswer,
  possible: readonly KnownText[],
): Fault | undefined {
  const [digest, bytes] = decoded(answer);
  const right = possible.find((text) => isText(request, answer, digest, text));
  if (right === undefined) {
    const wanted = possible.map((text) => `${text.name}: ${text.bytes} bytes, ${text.sha256}`).join("\n");
    return {
      kind: `a body ends cleanly and isn't the right text (${answer.framing}, HTTP/${request.httpVersion})`,
      detail: `it has ${bytes} bytes, ${digest}, and could be\n${wanted}`,
    };
  }
  const sent = answer.headers.get("repr-digest") ?? answer.trailers.get("repr-digest");
  const whole = answer.status === 206 ? right.sha256 : answer.sha256;
  const expected = `sha-256=:${Buffer.from(whole, "hex").toString("base64")}:`;
  if (sent !== undefined && sent !== expected)
    return { kind: "a Repr-Digest is false", detail: `it is ${sent} and should be ${expected}` };
  const rows = answer.headers.get("x-row-count") ?? answer.trailers.get("x-row-count");
  if (rows !== undefined && rows !== String(right.rows))
    return { kind: "an X-Row-Count is false", detail: `it is ${rows} and should be ${right.rows}` };
  return undefined;
}

/** Digest and size of a body without its content coding. */
function decoded(answer: ReceivedAnswer): readonly [digest: string, bytes: number | string] {
  if (answer.headers.get("content-encoding") !== "gzip") return [answer.sha256, answer.bytes];
  try {
    const text = gunzipSync(answer.content ?? Buffer.alloc(0));
    return [createHash("sha256").update(text).digest("hex"), text.length];
  } catch (error) {
    return [`not gzip: ${String(error)}`, `${answer.bytes} coded`];
  }
}

function isText(request: DownloadRequest, answer: ReceivedAnswer, digest: string, text: KnownText): boolean {
  if (answer.status !== 206) return digest === text.sha256;
  const [first, last] = request.range ?? [0, 0];
  const slice = text.content?.subarray(first, last + 1);
  if (slice === undefined) return false;
  const expected = `bytes ${first}-${first + slice.length - 1}/${text.bytes}`;
  const isPlace = answer.headers.get("content-range") === expected;
  return isPlace && createHash("sha256").update(slice).digest("hex") === digest;
}
