import type { Socket } from "node:net";

/** How long to read from a client that keeps sending after its last answer. */
const lingerMs = 1000;

/**
 * Ends a connection so that its last answer arrives (RFC 9112, section 9.6).
 *
 * Closing a socket with unread bytes makes the kernel reset the connection, and the reset overtakes the answer.
 * Therefore the socket is read until the client closes its side, for at most a second after everything was sent.
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
