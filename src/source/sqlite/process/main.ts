/**
 * A process that reads SQLite databases for its parent, one request after the other. SQLite can't be interrupted from JavaScript,
 * so the parent ends a reading by killing the process. Its event loop is blocked most of the time, which nobody notices.
 */
import { Worker } from "node:worker_threads";
import { sendableError } from "../../../ipc/sent-error.ts";
import { ownProgram } from "../../../own-program.ts";
import type { ReaderRequest } from "../protocol.ts";
import { endForFault, receiveRequest, sendMessage } from "./channel.ts";
import { describeStatement, describeTables } from "./describe.ts";
import { openDatabase } from "./open-database.ts";
import { sendReading } from "./send-reading.ts";
import { sqliteFault } from "./sqlite-fault.ts";

// A signal to the process group reaches the parent too, which decides.
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
process.on("uncaughtException", endForFault);
const watch = new Worker(new URL(ownProgram("#sqlite-parent-watch")));
await new Promise((resolve) => {
  watch.once("online", resolve);
});

for (;;) {
  const request = receiveRequest();
  try {
    await answer(request);
  } catch (error) {
    const fault = sqliteFault(error, {
      subject: `The file ${JSON.stringify(request.path)} can't be opened`,
      path: request.path,
      otherwise: "SCSV_SOURCE_UNREADABLE",
      showsWords: true,
    });
    const words = fault.cause instanceof Error ? fault.cause.message : null;
    sendMessage({ kind: "failed", error: sendableError(fault), words });
  }
}

/** The database is closed before the last message, so that nothing is held when it arrives. */
async function answer(request: ReaderRequest): Promise<void> {
  const database = await openDatabase(request.path);
  switch (request.kind) {
    case "tables": {
      const tables = closing(() => describeTables(database, request));
      sendMessage({ kind: "tables", tables });
      return;
    }
    case "query": {
      const described = closing(() => describeStatement(database, request));
      sendMessage({ kind: "query", ...described });
      return;
    }
    case "read":
    default:
      closing(() => sendReading(database, request));
      sendMessage({ kind: "end" });
  }

  function closing<T>(work: () => T): T {
    try {
      return work();
    } finally {
      database.close();
    }
  }
}
