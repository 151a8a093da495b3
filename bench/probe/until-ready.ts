import { setTimeout as sleep } from "node:timers/promises";
import { withinTime } from "../../src/ground.ts";
import { startRequest, type RequestForm } from "../http/start-request.ts";

const askEveryMs = 20;
/** Long enough for a slow first answer, short enough that a lost request costs little. */
const answerLimitMs = 2000;

/** What came of asking an address once. */
export type ProbeAnswer =
  | { readonly state: "answered"; readonly statusCode: number }
  /** Why nothing answered, as it continues "the address …". */
  | { readonly state: "silent"; readonly reason: string };

/** How an address is asked. */
export interface AskOptions extends Pick<RequestForm, "headers"> {
  readonly signal: AbortSignal;
  /** @default 2000 */
  readonly limitMs?: number;
}

/** Asks an address once, with GET; does not wait for the body. */
export function askOnce(
  url: URL,
  { signal, headers = {}, limitMs = answerLimitMs }: AskOptions,
): Promise<ProbeAnswer> {
  return withinTime(
    limitMs,
    signal,
    (limited) =>
      new Promise((resolve) => {
        const call = startRequest(url, { agent: false, signal: limited, headers }, (response) => {
          response.destroy();
          resolve({ state: "answered", statusCode: response.statusCode ?? 0 });
        });
        call.on("error", (fault) => {
          const reason = limited.aborted ? `gave no answer within ${limitMs / 1000} s` : silenceOf(fault);
          resolve({ state: "silent", reason });
        });
        call.end();
      }),
  );
}

/** Whether a server that answers like this takes requests: a gateway's 502 or a 503 while starting says it doesn't. */
export function isReadyAnswer(answer: ProbeAnswer): boolean {
  return answer.state === "answered" && answer.statusCode < 500;
}

/** An answer as it continues "the address …". */
export function answerText(answer: ProbeAnswer): string {
  return answer.state === "silent" ? answer.reason : `answered ${answer.statusCode}`;
}

/**
 * Asks addresses in turn, again and again, until one of them answers with a status below 500. One that gives no answer in
 * time has twice as long the next time, since a server may be slow for good. Rejects when aborted.
 * @param onAnswer called with what came of asking the first address
 * @returns the address that answered
 */
export async function untilReady(
  urls: readonly URL[],
  options: AskOptions,
  onAnswer: (answer: ProbeAnswer) => void,
): Promise<URL> {
  let limitMs = options.limitMs ?? answerLimitMs;
  for (;;) {
    const startMs = performance.now();
    for (const url of urls) {
      options.signal.throwIfAborted();
      const answer = await askOnce(url, { ...options, limitMs });
      if (url === urls[0]) onAnswer(answer);
      if (isReadyAnswer(answer)) return url;
    }
    if (performance.now() - startMs >= limitMs) limitMs *= 2;
    await sleep(askEveryMs, undefined, { signal: options.signal });
  }
}

/** Whether something answers HTTP at an address, with any status. */
export async function isAnswered(url: URL, signal: AbortSignal): Promise<boolean> {
  return (await askOnce(url, { signal })).state === "answered";
}

/** How OpenSSL names a certificate whose authority isn't known. */
const untrusted: ReadonlySet<string> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

function silenceOf(fault: Error): string {
  const code = "code" in fault ? String(fault.code) : "";
  if (code === "ECONNREFUSED") return "refused the connection";
  if (code === "ECONNRESET") return "closed the connection without an answer";
  if (untrusted.has(code)) {
    return `has a certificate that isn't trusted (${fault.message}); name the file of its authority by the variable NODE_EXTRA_CA_CERTS`;
  }
  return `gave no answer (${fault.message === "" ? code : fault.message})`;
}
