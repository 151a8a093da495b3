import type { IncomingMessage } from "node:http";
import { StreamCsvError } from "../../../errors.ts";
import type { HttpSettings } from "../../shared/http-settings.ts";
import { readPairs } from "./request-target.ts";

const formType = /^application\/x-www-form-urlencoded *(?:;|$)/i;

/**
 * The fields of a form that a request has as its body; none for a body of another type, which is discarded.
 *
 * Call it before anything is awaited: the body flows from the next tick on. `checkRequest` has limited its length, and Node's
 * server limits its time.
 * @throws StreamCsvError `SCSV_BAD_REQUEST`, `SCSV_BAD_PARAMETER`, as for a query; `SCSV_CANCELLED` when the client leaves
 */
export async function readForm(
  req: IncomingMessage,
  { parameterCount }: Pick<HttpSettings, "parameterCount">,
): Promise<URLSearchParams> {
  if (!formType.test(req.headers["content-type"] ?? "")) return new URLSearchParams();
  return readPairs(await readText(req), parameterCount);
}

async function readText(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    const gone = (cause?: Error): void =>
      reject(
        new StreamCsvError("SCSV_CANCELLED", "The client left before its request was complete.", { cause }),
      );
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.once("end", resolve).once("error", gone);
    // After the end it changes nothing.
    req.once("close", () => gone());
  });
  return Buffer.concat(chunks).toString("utf8");
}
