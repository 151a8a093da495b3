import { setTimeout as sleep } from "node:timers/promises";

/** Asking takes processor time from the server, so that what takes long is asked for less and less often; in milliseconds. */
const pauses = { first: 5, longest: 100 };

/** Asks again and again, and gives the first answer that fulfils the condition. */
export async function askUntil<T>(ask: () => Promise<T>, isSo: (answer: T) => boolean): Promise<T> {
  for (let pause = pauses.first; ; pause = Math.min(pause * 1.5, pauses.longest)) {
    const answer = await ask();
    if (isSo(answer)) return answer;
    await sleep(pause);
  }
}
