import { Socket } from "node:net";

/**
 * Resets the TCP connection. A TLS socket can't do that, and clients take its plain end for a whole body, so the socket
 * beneath it is reset, which Node keeps under a name of its own. A pipe is only closed.
 */
export function resetSocket(socket: Socket): void {
  const beneath: unknown = Reflect.get(socket, "_parent");
  try {
    (beneath instanceof Socket ? beneath : socket).resetAndDestroy();
  } catch {
    // A reset is refused to a pipe.
    socket.destroy();
  }
}
