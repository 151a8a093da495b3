import type { Socket } from "node:net";

const halfOpen = new WeakSet<object>();

/**
 * Keeps a connection open for the answer when the client shuts down its sending side after the request, as `nc -N`
 * does (RFC 9112, section 9.6). The HTTP server needs `httpAllowHalfOpen` too; otherwise it ends its own side.
 */
export function keepHalfOpen(socket: Socket): void {
  socket.allowHalfOpen = true;
  halfOpen.add(socket);
}

/** Whether the answer goes on after the client's half-close. */
export function isKeptHalfOpen(socket: Socket): boolean {
  return halfOpen.has(socket);
}
