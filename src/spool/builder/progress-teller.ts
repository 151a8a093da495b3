import type { ExportProgress } from "../../body/encode-batches.ts";

const intervalMs = 1000;

/** Calls `tell` each second while something runs, so that waiting for it counts as progress. */
export async function tellWhile<T>(tell: () => void, act: () => Promise<T>): Promise<T> {
  const telling = setInterval(tell, intervalMs);
  try {
    return await act();
  } finally {
    clearInterval(telling);
  }
}

/** Tells of progress at most once a second, since it is called for every chunk. */
export function progressTeller(
  tell: (progress: ExportProgress | null) => void,
): (progress?: ExportProgress) => void {
  let toldAtMs = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const nowMs = performance.now();
    if (nowMs - toldAtMs < intervalMs) return;
    toldAtMs = nowMs;
    tell(progress === undefined ? null : { ...progress });
  };
}
