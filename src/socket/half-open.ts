import type { Socket } from "node:net";

const halfOpen = new WeakSet<object>();

/**
 * Lets a connection be answered whose client has shut its own side down after asking, as `nc -N` does (RFC 9112,
 * section 9.6). Its server has to be told as well: Node's ends its own side otherwise.
 */
export function keepHalfOpen(socket: Socket): void {
  socket.allowHalfOpen = true;
  halfOpen.add(socket);
}

/** Whether a client's half-close leaves the answer alone. */
export function isKeptHalfOpen(socket: Socket): boolean {
  return halfOpen.has(socket);
}
