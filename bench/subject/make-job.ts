import { setTimeout as sleep } from "node:timers/promises";
import { StreamCsvError, messageOf } from "../../src/ground.ts";
import { startRequest } from "../http/start-request.ts";
import type { MakeJobContext, MadeJob } from "./target.ts";

/** As often as a client may reasonably ask; it is also how much later than its end a job may be seen to have ended. */
const askAgainMs = 50;

/** What is read of a job. */
interface ToldJob {
  readonly id: string;
  readonly state: string;
  readonly error: { readonly message: string } | null;
}

/** An answer without a body worth more than JSON. */
interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly text: string;
}

/** Submits an export of our server as a job, waits for its end, and finds out where its result is. */
export async function makeJob(exportUrl: URL, { clock, signal }: MakeJobContext): Promise<MadeJob> {
  const startMs = clock.nowMs();
  const submitted = await ask("POST", submitUrl(exportUrl), signal);
  if (submitted.status !== 202 && submitted.status !== 200) throw refused("The job was refused", submitted);
  const { id } = JSON.parse(submitted.text) as ToldJob;
  const acceptedMs = clock.nowMs();
  const url = new URL(`/jobs/${id}`, exportUrl);
  for (;;) {
    const answer = await ask("GET", url, signal);
    if (answer.status !== 200) throw refused("The job can't be watched", answer);
    const { state, error } = JSON.parse(answer.text) as ToldJob;
    if (state === "completed") break;
    if (state !== "queued" && state !== "running")
      throw new StreamCsvError(
        "SCSV_MEASUREMENT_INVALID",
        `The job is ${state}: ${error?.message ?? "nobody says why"}`,
      );
    await sleep(askAgainMs, undefined, { signal });
  }
  const waitMs = clock.nowMs() - acceptedMs;
  const result = new URL(`/jobs/${id}.csv`, exportUrl);
  const { status, location } = await ask("HEAD", result, signal);
  const isElsewhere = status === 303 && location !== undefined;
  return { url: isElsewhere ? new URL(location, result) : result, submitMs: acceptedMs - startMs, waitMs };
}

/** `/exports/orders.csv?rows=1` is submitted at `/exports/orders/jobs?rows=1`. */
function submitUrl(exportUrl: URL): URL {
  const url = new URL(exportUrl);
  url.pathname = url.pathname.replace(/\.csv$/, "/jobs");
  return url;
}

async function ask(method: string, url: URL, signal: AbortSignal): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => {
      const message = `${method} ${url.href} failed: ${messageOf(cause)}.`;
      reject(new StreamCsvError("SCSV_MEASUREMENT_INVALID", message, { cause }));
    };
    const call = startRequest(url, { method, agent: false, signal }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => (text += part));
      response.on("error", fail);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, location: response.headers.location, text }),
      );
    });
    call.on("error", fail);
    call.end();
  });
}

function refused(what: string, { status, text }: Answer): StreamCsvError {
  return new StreamCsvError("SCSV_MEASUREMENT_INVALID", `${what}: ${status} ${text.slice(0, 300).trim()}`);
}
