import type { Socket } from "node:net";

/** Resolves when a socket is closed. One that isn't after so many milliseconds is destroyed. */
export async function closedWithin(socket: Socket, limitMs: number): Promise<void> {
  if (socket.closed) return;
  const timer = setTimeout(() => socket.destroy(), limitMs);
  await new Promise<void>((resolve) => socket.once("close", () => resolve()));
  clearTimeout(timer);
}
