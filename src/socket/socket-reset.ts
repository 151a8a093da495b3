import { Socket } from "node:net";

/**
 * Resets a TCP connection, or closes it where a reset isn't possible; the socket emits `close` in every case.
 *
 * libuv refuses to reset a socket that has begun to shut its own side down (EINVAL), and Node then emits `error`, never
 * `close`, and keeps the descriptor for ever. Node shuts down when everything that was written is with the kernel, therefore
 * a socket that was ended and has nothing left to write is destroyed instead: what it sent is complete.
 *
 * A TLS socket can't be reset, and curl takes its closing without an alert for the end of a body. Therefore the socket
 * beneath it is reset. Node has no public name for that one; where `_parent` isn't it, the TLS socket is destroyed.
 */
export function resetSocket(socket: Socket): void {
  const beneath: unknown = Reflect.get(socket, "_parent");
  const lowest = beneath instanceof Socket ? beneath : socket;
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
