import { once } from "node:events";
import { createServer } from "node:net";

/** Ports given out by this process, so that two servers that start at once never get the same. */
const givenOut = new Set<number>();

/**
 * A port of the loopback interface that nobody listens on now. It is given back before the server that gets it listens,
 * so another program could take it in between; that server then fails to start, and is reported so.
 */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    server.close();
    await once(server, "close");
    if (address === null || typeof address === "string" || givenOut.has(address.port)) continue;
    givenOut.add(address.port);
    return address.port;
  }
}
