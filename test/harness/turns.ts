/**
 * Lets two test files run at a time, and files that measure run alone. It is loaded with `node --test --import`,
 * before the test file. A file that measures takes both places, any other takes one. A place is a socket in Linux's
 * abstract namespace, which the kernel releases however the process ends. On other systems all files start at once.
 */
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const retryMs = 50;
/** Processes that a test file starts run in its turn. */
const taken = "STREAM_CSV_TEST_TURN";

async function take(place: number): Promise<boolean> {
  const socket = createServer();
  // The runner is the parent of every file.
  socket.listen(`\0stream-csv-tests-${process.ppid}-${place}`);
  return await once(socket, "listening").then(
    () => socket.unref().listening,
    () => false,
  );
}

const isFile = process.env["NODE_TEST_CONTEXT"] !== undefined && process.env[taken] === undefined;
if (isFile && process.platform === "linux") {
  process.env[taken] = "1";
  // A file that measures holds no place while it waits for the first one, so that two of them never deadlock.
  if (process.argv[1]?.endsWith(".measured.test.js") === true) {
    for (const place of [0, 1]) while (!(await take(place))) await sleep(retryMs);
  } else {
    while (!(await take(1)) && !(await take(0))) await sleep(retryMs);
  }
}
