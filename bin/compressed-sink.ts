import type { Transform } from "node:stream";
import * as zlib from "node:zlib";
import type { Sink } from "./sink.ts";

/** What makes a compressor; undefined where this Node has none. */
type CompressorMaker = (() => Transform) | undefined;

/** Makers by the ending of a file's name. A file is written once and kept, but rows should not wait: gzip's own level, br's fifth. */
const makers: Readonly<Record<string, CompressorMaker>> = {
  gz: () => zlib.createGzip(),
  br: () => zlib.createBrotliCompress({ params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } }),
  // Since Node 22.15.
  zst: makerOf(Reflect.get(zlib, "createZstdCompress")),
};

/** Endings of compressed files that can't be written: a file of such a name with plain text in it would mislead. */
const foreign: ReadonlySet<string> = new Set("bz2 xz lz4 lzma zip 7z rar z tgz gzip zstd".split(" "));

/**
 * The compressor that the ending of a file's name asks for; undefined for a file of plain text.
 * @throws RangeError for an ending of a compressed file that can't be written
 */
export function compressorFor(path: string): CompressorMaker {
  const ending = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  const known = Object.keys(makers).filter((name) => makers[name] !== undefined);
  const maker = Object.hasOwn(makers, ending) ? makers[ending] : undefined;
  if (maker === undefined && (Object.hasOwn(makers, ending) || foreign.has(ending))) {
    const reason =
      ending === "zst" ? `, since Node ${process.versions.node} has no zstd; it came with 22.15` : "";
    const allowed = known.map((name) => `.${name}`).join(", ");
    throw new RangeError(
      `"${path}" can't be written: its name ends in .${ending}, and this program doesn't compress so${reason}. Use one of ${allowed}, or a name that ends in .csv.`,
    );
  }
  return maker;
}

/**
 * Compresses what is written to another sink, in constant memory: a write waits until its chunk is compressed and what came of
 * earlier ones is written. After a write resolves, its chunk is no longer used.
 */
export function compressedSink(sink: Sink, compressor: Transform): Sink {
  const passedOn = (async (): Promise<void> => {
    for await (const part of compressor) await sink.write(part as Uint8Array);
  })();
  // Writes that wait reject with this promise, so that none hangs after the sink failed. A handler for each write would stay with the
  // promise until the end.
  const waiting = new Set<(reason: unknown) => void>();
  let failure: { readonly reason: unknown } | undefined;
  passedOn.catch((reason: unknown) => {
    failure = { reason };
    for (const reject of waiting) reject(reason);
  });
  return {
    write: (chunk) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) {
          reject(failure.reason);
          return;
        }
        waiting.add(reject);
        compressor.write(chunk, (error) => {
          waiting.delete(reject);
          if (error === null || error === undefined) resolve();
          else reject(error);
        });
      }),
    finish: async () => {
      compressor.end();
      await passedOn;
      await sink.finish();
    },
    abandon: async () => {
      compressor.destroy();
      // At once, because a write to a pipe that nobody reads ends only then. A write or `finish` has reported its error.
      await Promise.all([sink.abandon(), passedOn.catch(() => undefined)]);
    },
  };
}

function makerOf(create: unknown): CompressorMaker {
  return isMaker(create) ? () => create() : undefined;
}

function isMaker(create: unknown): create is () => Transform {
  return typeof create === "function";
}
