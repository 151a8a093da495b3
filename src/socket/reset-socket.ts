import type { Socket } from "node:net";
import { lowestSocket } from "./lowest-socket.ts";

/**
 * Resets a TCP connection, or closes it if a reset isn't possible; the socket emits `close` in every case.
 *
 * libuv refuses to reset a socket whose shutdown has begun (EINVAL). Node then emits `error`, never `close`, and
 * leaks the descriptor. The shutdown begins when the kernel has all written bytes. Therefore an ended socket with
 * nothing left to write is destroyed instead; its data is complete.
 *
 * A TLS socket can't be reset, and curl takes a close without an alert for the end of a body. Therefore the
 * underlying socket is reset.
 */
export function resetSocket(socket: Socket): void {
  const lowest = lowestSocket(socket);
  try {
    if (isShuttingDown(socket) || isShuttingDown(lowest)) socket.destroy();
    else lowest.resetAndDestroy();
  } catch {
    // ERR_INVALID_HANDLE_TYPE: this socket isn't TCP.
    socket.destroy();
  }
}

function isShuttingDown({ writableEnded, writableLength }: Socket): boolean {
  return writableEnded && writableLength === 0;
}
