/**
 * Ends the process when its parent is gone. It runs in a thread of its own, because the main thread can't be interrupted while
 * SQLite works. The parent holds the other end of this pipe and never writes to it.
 */
import { readSync } from "node:fs";

const lifeline = 3;

try {
  readSync(lifeline, Buffer.alloc(1));
} finally {
  // With process.exit() the process would wait for the main thread.
  process.kill(process.pid, "SIGKILL");
}
