import { createServer, type RequestListener, type Server } from "node:http";
import type { Socket } from "node:net";

/** How often it is looked whose time is over, in shares of that time. */
const checksPerTimeout = 5;
const nodesRequestTimeoutMs = 300_000;

/**
 * An HTTP server that doesn't listen: it is given its connections, by {@link openConnection}. One that doesn't send the
 * head of a request in time, or nothing at all, gets a 408 and is closed.
 */
export function createHttpServer(
  { headerTimeoutMs }: { readonly headerTimeoutMs: number },
  onRequest: RequestListener,
): Server {
  const server = createServer(
    {
      headersTimeout: Math.ceil(headerTimeoutMs),
      // Node wants the time for the whole request to be no shorter than that for its head.
      requestTimeout: Math.max(nodesRequestTimeoutMs, Math.ceil(headerTimeoutMs)),
      connectionsCheckingInterval: Math.ceil(headerTimeoutMs / checksPerTimeout),
    },
    onRequest,
  );
  // What starts its watch over slow and idle connections.
  server.emit("listening");
  return server;
}

/** Gives a server a paused connection that was accepted elsewhere. */
export function openConnection(server: Server, socket: Socket): void {
  server.emit("connection", socket);
  socket.resume();
}
