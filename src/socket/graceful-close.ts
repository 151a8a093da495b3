import type { Socket } from "node:net";

/** How long a client is listened to that goes on talking after its last answer. */
const lingerMs = 1000;

/**
 * Ends a connection so that its last answer arrives (RFC 9112, section 9.6).
 *
 * Closing with unread bytes makes the kernel reset the connection, and the reset overtakes the answer. Therefore the client
 * is read until it has closed its own side, but no longer than a second after it was sent everything.
 */
export function closeGracefully(socket: Socket): void {
  if (!socket.writableEnded) socket.end();
  socket.resume();
  const destroyLater = (): void => {
    const linger = setTimeout(() => socket.destroy(), lingerMs);
    socket.once("close", () => clearTimeout(linger));
  };
  if (socket.destroyed) return;
  if (socket.writableFinished) destroyLater();
  else socket.once("finish", destroyLater);
}
