import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const askEveryMs = 20;
/** Long enough for a slow first answer, short enough that a lost request costs little. */
const answerLimitMs = 2000;

/** Asks again and again until something answers at an address, with any status. Rejects when aborted. */
export async function untilAnswered(url: URL, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    if (await isAnswered(url, signal)) return;
    await sleep(askEveryMs, undefined, { signal });
  }
}

/** Whether something answers HTTP at an address, with any status; does not wait for the body. */
export function isAnswered(url: URL, signal: AbortSignal, limitMs = answerLimitMs): Promise<boolean> {
  return new Promise((resolve) => {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
    const call = request(url, { agent: false, signal: limited }, (response) => {
      response.destroy();
      resolve(true);
    });
    call.on("error", () => resolve(false));
    call.end();
  });
}
