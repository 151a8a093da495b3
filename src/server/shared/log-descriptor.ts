import { constants, fstatSync, openSync, write } from "node:fs";
import { Socket } from "node:net";
import type { WriteBytes } from "./line-sink.ts";

/** Sockets that exist only to set a flag. If one were garbage-collected, it would close its descriptor. */
const kept: Socket[] = [];

/** Makes a function that writes to an inherited descriptor and blocks no thread when the reader stops. */
export function writerTo(descriptor: number): WriteBytes {
  const own = withoutWaiting(descriptor);
  return (bytes, done) => write(own, bytes, done);
}

/**
 * A non-blocking descriptor of the same file. All processes that share an open file share the flag, and other
 * programs on our standard error don't expect it. Therefore the file is opened again; the flag is set on the shared
 * descriptor only if that isn't possible, as with a socket. A file on a disk never waits for a reader.
 */
function withoutWaiting(descriptor: number): number {
  const stat = fstatSync(descriptor);
  if (stat.isFile()) return descriptor;
  try {
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
    if (!stat.isSocket()) return openSync(`/proc/self/fd/${descriptor}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    // No /proc, another user's pipe, or a pipe that nobody reads.
  }
  try {
    kept.push(new Socket({ fd: descriptor, readable: false, writable: true }).unref());
  } catch {
    // Neither a socket nor a pipe; a thread that may block writes to it.
  }
  return descriptor;
}
