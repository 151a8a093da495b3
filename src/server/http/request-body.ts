import type { IncomingMessage } from "node:http";
import { StreamCsvError } from "../../errors.ts";

const formType = /^application\/x-www-form-urlencoded *(?:;|$)/i;

interface KeptBody {
  readonly whole: Promise<Buffer>;
  readonly fail: (fault: Error) => void;
}

/** The bodies that may still be asked for. */
const bodies = new WeakMap<IncomingMessage, KeptBody>();

/**
 * Receives the body of a request: keeps a form, and discards anything else.
 *
 * Call it when the request arrives. A pipelined request waits for the answers before it, and its body comes and ends
 * meanwhile. If nobody reads the body, Node stops reading the socket, and never notices that the client disconnected.
 * @param mostBytes a longer body is discarded, and so is one of unknown length; the server refuses both
 */
export function receiveBody(req: IncomingMessage, mostBytes: number): void {
  const { headers } = req;
  const isKept =
    formType.test(headers["content-type"] ?? "") &&
    headers["transfer-encoding"] === undefined &&
    Number(headers["content-length"] ?? 0) <= mostBytes;
  if (!isKept) {
    req.resume();
    return;
  }
  const body = keepBody(req);
  // Few requests with a form are asked for it.
  body.whole.catch(() => undefined);
  bodies.set(req, body);
}

/**
 * Reports a fault in the body of a request, or that the rest of it never comes. The code that waits for the body gets the
 * fault.
 */
export function failBody(req: IncomingMessage, fault: StreamCsvError): void {
  bodies.get(req)?.fail(fault);
}

/**
 * The body of a form, empty for a request without one. It waits until the body is complete; Node's server limits that
 * time.
 * @throws StreamCsvError `SCSV_CANCELLED` when the client leaves, and the fault passed to {@link failBody}
 */
export async function formOf(req: IncomingMessage): Promise<string> {
  const body = await bodies.get(req)?.whole;
  return body?.toString("utf8") ?? "";
}

function keepBody(req: IncomingMessage): KeptBody {
  const chunks: Buffer[] = [];
  let fail: KeptBody["fail"] | undefined;
  const whole = new Promise<Buffer>((resolve, reject) => {
    fail = reject;
    const gone = (cause?: Error): void =>
      reject(
        new StreamCsvError("SCSV_CANCELLED", "The client left before its request was complete.", { cause }),
      );
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.once("end", () => resolve(Buffer.concat(chunks))).once("error", gone);
    // After the end it changes nothing.
    req.once("close", () => gone());
  });
  return { whole, fail: (fault) => fail?.(fault) };
}
