import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A client that writes and reads only on request. */
export interface RawClient {
  readonly socket: Socket;
  /** Reads everything until the connection ends; rejects when it is reset. */
  readAll(): Promise<string>;
  /** Waits for the first bytes and reads no further. */
  firstBytes(): Promise<string>;
}

/** Connects to a server; resolves when the connection is made, so that connections are accepted in order of calls. */
export async function connectTo(url: string, request = ""): Promise<RawClient> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  // Reading reports a reset; for a client that doesn't read, a reset isn't a failure of the test.
  socket.on("error", () => undefined);
  socket.setEncoding("utf8").pause();
  await once(socket, "connect");
  if (request !== "") socket.write(request);
  return {
    socket,
    async readAll() {
      let text = "";
      for await (const part of socket) text += String(part);
      return text;
    },
    async firstBytes() {
      await once(socket, "readable");
      return String(socket.read());
    },
  };
}

/** The head of a `GET` request. */
export function get(path: string, fields: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({ Host: "localhost", ...fields }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}
