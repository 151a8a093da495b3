import { createGzip } from "node:zlib";
import type { Sink } from "./sink.ts";

/** Compresses what is written to another sink. After a write resolves, its chunk is no longer used. */
export function gzipSink(sink: Sink): Sink {
  const gzip = createGzip();
  const passedOn = (async (): Promise<void> => {
    for await (const part of gzip) await sink.write(part as Uint8Array);
  })();
  // Every write also rejects with this promise, so that none hangs after the sink failed.
  passedOn.catch(() => undefined);
  return {
    write: (chunk) =>
      new Promise((resolve, reject) => {
        passedOn.catch(reject);
        gzip.write(chunk, () => resolve());
      }),
    finish: async () => {
      gzip.end();
      await passedOn;
      await sink.finish();
    },
    abandon: async () => {
      gzip.destroy();
      // Only waited for: a write or `finish` has reported its error.
      await passedOn.catch(() => undefined);
      await sink.abandon();
    },
  };
}
