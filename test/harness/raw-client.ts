import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A client that writes what it is told to, and reads only when it is told to. */
export interface RawClient {
  readonly socket: Socket;
  /** Everything that came, from now on until the connection ended; rejects when it was reset. */
  readAll(): Promise<string>;
  /** Waits for the first bytes and reads no further. */
  firstBytes(): Promise<string>;
}

/** Connects to a server; resolves when the connection is made, so that connections are accepted in order of calls. */
export async function connectTo(url: string, request = ""): Promise<RawClient> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  // A reset is told by whoever reads; for a client that doesn't read it is no failure of the test.
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
  const lines = Object.entries({ Host: "test", ...fields }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}
