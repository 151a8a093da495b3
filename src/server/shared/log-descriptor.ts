import { constants, fstatSync, openSync, write } from "node:fs";
import { Socket } from "node:net";
import type { WriteBytes } from "./line-sink.ts";

/** Sockets that were made only to set a flag; one that is collected would close its descriptor. */
const kept: Socket[] = [];

/** A way to write to a descriptor that was inherited, which keeps no thread waiting when its reader stops. */
export function writerTo(descriptor: number): WriteBytes {
  const own = withoutWaiting(descriptor);
  return (bytes, done) => write(own, bytes, done);
}

/**
 * A descriptor of the same file that doesn't wait. The flag belongs to all who share an open file, and programs that share
 * our standard error don't expect it; therefore the file is opened once more, and the flag set on the shared one only
 * where that can't be, as with a socket. A file on a disk never waits for a reader.
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
    // Neither a socket nor a pipe; it is written to by a thread that may wait.
  }
  return descriptor;
}
