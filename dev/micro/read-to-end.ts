import { once } from "node:events";
import { connect } from "node:net";

/** Reads the answer to a GET until the connection ends, keeps none of it, and gives the number of its bytes. */
export async function readToEnd(port: number, path: string): Promise<number> {
  let bytes = 0;
  const onread = {
    buffer: Buffer.alloc(256 * 1024),
    callback: (bytesRead: number) => {
      bytes += bytesRead;
      return true;
    },
  };
  const socket = connect({ port, host: "127.0.0.1", onread });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  await once(socket, "close");
  return bytes;
}
