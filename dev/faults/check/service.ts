import { setTimeout as sleep } from "node:timers/promises";
import { Client, type ClientContext } from "../client/client.ts";
import {
  requestedDeliveries,
  requestText,
  type AskedExport,
  type DownloadRequest,
} from "../client/download-request.ts";
import type { KnownText } from "../subject/known-texts.ts";
import { fileKinds } from "../subject/source-files.ts";

/** A refusal for lack of a resource may last this long after the last fault. */
const triesMs = 5000;

/**
 * Requests every export by every delivery from a server without faults: each must be the complete current text. One
 * client half-closes after its request, one speaks HTTP/1.0.
 * @param seed the seed of a new file that takes nearly the whole spool
 */
export async function checkService(context: ClientContext, seed: number): Promise<boolean> {
  const plain = { httpVersion: "1.1", isHalfClosing: false } as const;
  const orders: AskedExport = { generated: "orders", rows: 20_000, seed: 1 };
  const nearlyAll: AskedExport = { generated: "orders", rows: 120_000, seed };
  const asked: (readonly [AskedExport, DownloadRequest["delivery"], Manner])[] = [
    ...fileKinds.flatMap((file) =>
      requestedDeliveries.map((delivery) => [{ file, rows: undefined }, delivery, plain] as const),
    ),
    ...requestedDeliveries.map((delivery) => [orders, delivery, { ...plain, isHalfClosing: true }] as const),
    ...requestedDeliveries.map((delivery) => [orders, delivery, { ...plain, httpVersion: "1.0" }] as const),
    [nearlyAll, "file", plain],
  ];
  let isGood = true;
  for (const [what, delivery, manner] of asked) {
    if (context.over.aborted) break;
    isGood = (await requireText(context, requestFor(what, delivery, manner), manner)) && isGood;
  }
  return isGood;
}

/** How a request is made. */
interface Manner {
  readonly httpVersion: "1.1" | "1.0";
  readonly isHalfClosing: boolean;
}

function requestFor(
  asked: AskedExport,
  delivery: DownloadRequest["delivery"],
  { httpVersion }: Manner,
): DownloadRequest {
  return {
    method: "GET",
    asked,
    delivery,
    dialect: "rfc4180",
    httpVersion,
    isKept: false,
    acceptsGzip: false,
    acceptsTrailers: false,
    range: undefined,
  };
}

async function requireText(
  context: ClientContext,
  request: DownloadRequest,
  manner: Manner,
): Promise<boolean> {
  const text = await presentText(context, request.asked);
  const endsAtMs = performance.now() + triesMs;
  for (;;) {
    const client = new Client(context, "calm");
    const connection = await client.connect();
    connection?.write(requestText(request, context.files));
    if (manner.isHalfClosing) connection?.finish();
    const answer = await client.readExport(request);
    client.leave("close");
    const isRight = answer?.status === 200 && answer.ending === "complete" && answer.sha256 === text.sha256;
    if (isRight) return true;
    const isLate = performance.now() >= endsAtMs || context.over.aborted;
    if (!isLate && (answer === undefined || answer.status === 503)) {
      await sleep(300);
      continue;
    }
    const how = `${manner.isHalfClosing ? "a half-closing client" : `HTTP/${manner.httpVersion}`}, ${request.delivery}`;
    context.record.finding(
      `a server in calm doesn't give the right text (${how})`,
      `asked: ${requestText(request, context.files).split("\r\n")[0]}\nwanted: ${text.name}, ${text.bytes} bytes\n${answer === undefined ? "no connection" : `answered: ${answer.status}, ${answer.bytes} bytes, ${answer.ending}\n${answer.status === 200 ? "" : (answer.content?.toString() ?? "")}`}`,
    );
    return false;
  }
}

/** The current text of an export. */
async function presentText({ files, texts }: ClientContext, asked: AskedExport): Promise<KnownText> {
  if ("generated" in asked) return await texts.ofGenerated(asked.generated, "rfc4180", asked);
  const version = files.current(asked.file);
  if (version === undefined)
    throw new Error(`The ${asked.file} file is missing although no fault is active.`);
  return await texts.ofFile(version, "rfc4180", asked.rows);
}
