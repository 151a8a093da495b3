import { readSync, writeSync } from "node:fs";
import { isCodedError, toError } from "../../../errors.ts";
import { frameHeadBytes, frameKinds, type ReaderMessage, type ReaderRequest } from "../protocol.ts";

// Not the standard streams: Node may make those non-blocking.
const channel = 4;
/** What a fault of this program itself is written to. */
const errorOutput = 2;

/**
 * Waits for the next request. The process has nothing else to do meanwhile, so its event loop is blocked. It ends here when the
 * parent has closed the channel.
 */
export function receiveRequest(): ReaderRequest {
  const length = readExactly(4).readUInt32LE();
  return JSON.parse(readExactly(length).toString("utf8")) as ReaderRequest;
}

export function sendMessage(message: ReaderMessage): void {
  const payload = Buffer.from(JSON.stringify(message), "utf8");
  const frame = Buffer.alloc(frameHeadBytes + payload.byteLength);
  writeFrameHead(frame, payload.byteLength, frameKinds.message);
  frame.set(payload, frameHeadBytes);
  sendFrame(frame);
}

export function writeFrameHead(frame: Buffer, payloadBytes: number, kind: number): void {
  frame.writeUInt32LE(payloadBytes, 0);
  frame.writeUInt32LE(kind, 4);
}

/** Writes a whole frame. It blocks while the parent takes nothing, which is the back-pressure of a reading. */
export function sendFrame(frame: Uint8Array): void {
  for (let sent = 0; sent < frame.byteLength;) sent += attempt(() => writeSync(channel, frame, sent));
}

function readExactly(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let read = 0; read < length;) {
    const count = attempt(() => readSync(channel, bytes, read, length - read, null));
    if (count === 0) endProcess();
    read += count;
  }
  return bytes;
}

/** A closed channel means that the parent is gone, or doesn't want the rest. */
function attempt(transfer: () => number): number {
  try {
    return transfer();
  } catch (error) {
    if (isCodedError(error) && /^(?:EPIPE|ECONNRESET|EOF)$/.test(error.code)) endProcess();
    throw error;
  }
}

/** Ends the process for a fault of this program itself, which it tells on its standard error. */
export function endForFault(error: unknown): never {
  writeSync(errorOutput, `${toError(error).stack ?? toError(error).message}\n`);
  return endProcess();
}

/** The thread that watches the parent would keep process.exit() waiting. */
function endProcess(): never {
  process.kill(process.pid, "SIGKILL");
  throw new Error("the process goes on after SIGKILL");
}
