/**
 * Lets test files run two at a time, and those that measure alone. Loaded with `node --test --import`, so that it comes
 * before anything of a file; a file that measures takes both places, and any other takes one. A place is a socket in the
 * abstract namespace of Linux, which the kernel gives back however a process ends. Elsewhere everything starts at once.
 */
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const retryMs = 50;
/** What a test file starts is part of its turn. */
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
  // Those that measure wait for the first place holding nothing, so that two of them never wait for each other.
  if (process.argv[1]?.endsWith(".measured.test.js") === true) {
    for (const place of [0, 1]) while (!(await take(place))) await sleep(retryMs);
  } else {
    while (!(await take(1)) && !(await take(0))) await sleep(retryMs);
  }
}
