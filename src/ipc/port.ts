import type { MessageOptions, Serializable } from "node:child_process";
import type { Socket } from "node:net";
import { StreamCsvError } from "../errors.ts";

/** One end of a channel between two processes: a child seen from its parent, or the parent seen from its child. */
export interface Port {
  send(
    message: Serializable,
    handle: Socket | undefined,
    options: MessageOptions,
    callback: (error: Error | null) => void,
  ): boolean;
  on(event: "message", listener: (message: unknown, handle: unknown) => void): unknown;
  once(event: "disconnect", listener: () => void): unknown;
}

/** The channel to the process that started this one. @throws StreamCsvError `SCSV_INTERNAL` when there is none */
export function parentPort(): Port {
  if (process.send === undefined)
    throw new StreamCsvError("SCSV_INTERNAL", "This program can't be started by hand; the server starts it.");
  return process as Port;
}
