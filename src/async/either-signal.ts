import { letManyListen } from "./let-many-listen.ts";

/**
 * A signal that fires with the first of two. Not `AbortSignal.any`: Node 20 may garbage-collect its signal during a wait, which
 * then never ends. It listens to both until one fires, so abort the shorter-lived one at its end.
 */
export function eitherSignal(first: AbortSignal, second: AbortSignal): AbortSignal {
  const controller = new AbortController();
  letManyListen(controller.signal);
  for (const signal of [first, second]) {
    letManyListen(signal);
    if (signal.aborted) controller.abort(signal.reason);
    else
      signal.addEventListener("abort", () => controller.abort(signal.reason), {
        once: true,
        signal: controller.signal,
      });
  }
  return controller.signal;
}
