import { createGzip } from "node:zlib";
import type { Sink } from "./sink.ts";

/** Compresses what is written on its way to another sink. A chunk isn't read any more when its write has resolved. */
export function gzipSink(sink: Sink): Sink {
  const gzip = createGzip();
  const passedOn = (async (): Promise<void> => {
    for await (const part of gzip) await sink.write(part as Uint8Array);
  })();
  // Every write waits for it as well, so that none hangs when the sink has failed.
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
      await passedOn.catch(() => undefined);
      await sink.abandon();
    },
  };
}
