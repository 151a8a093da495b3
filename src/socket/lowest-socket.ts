import { Socket } from "node:net";

/**
 * The TCP socket below a TLS socket, or the socket itself. Node has no public name for it; where `_parent` isn't a socket, it is the
 * TLS socket.
 */
export function lowestSocket(socket: Socket): Socket {
  const beneath: unknown = Reflect.get(socket, "_parent");
  return beneath instanceof Socket ? beneath : socket;
}
