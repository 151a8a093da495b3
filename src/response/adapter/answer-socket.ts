import type { Socket } from "node:net";
import { systemClock } from "../../clock.ts";
import { closeGracefully } from "../../socket/close-gracefully.ts";
import type { HttpResponse } from "../http-response.ts";

/**
 * Writes a response to a connection on which Node couldn't parse a request, then closes the connection and the
 * response.
 */
export function answerSocket(response: HttpResponse, socket: Socket): void {
  const { statusCode, reasonPhrase, headers } = response;
  headers.set("Content-Length", response.tell());
  headers.set("Connection", "close");
  headers.set("Date", new Date(systemClock.wallMs()).toUTCString());
  socket.on("error", () => undefined);
  socket.write(`HTTP/1.1 ${statusCode} ${reasonPhrase}\r\n`, "latin1");
  socket.write(response.toBytes());
  closeGracefully(socket);
  socket.once("close", () => void response.close());
}
