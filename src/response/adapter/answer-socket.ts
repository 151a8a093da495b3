import type { Socket } from "node:net";
import { systemClock } from "../../clock.ts";
import type { HttpResponse } from "../http-response.ts";

/** How long a client is listened to that goes on talking after it was answered. */
const lingerMs = 1000;

/**
 * Writes a response to a connection that has no request Node could make out, and closes it.
 *
 * What the client still sends is read and thrown away for up to a second: to close with unread bytes resets the
 * connection, and the reset would overtake the answer (RFC 9112, section 9.6).
 */
export function answerSocket(response: HttpResponse, socket: Socket): void {
  const { statusCode, reasonPhrase, headers } = response;
  headers.set("Content-Length", response.tell());
  headers.set("Connection", "close");
  headers.set("Date", new Date(systemClock.wallMs()).toUTCString());
  socket.on("error", () => undefined);
  socket.write(`HTTP/1.1 ${statusCode} ${reasonPhrase}\r\n`, "latin1");
  socket.end(response.toBytes());
  socket.resume();
  const linger = setTimeout(() => socket.destroy(), lingerMs);
  socket.once("close", () => {
    clearTimeout(linger);
    void response.close();
  });
}
