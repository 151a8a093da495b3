import { once } from "node:events";
import { createServer } from "node:net";

/** Ports that this process gave out, so that two servers that start at the same time never get the same. */
const givenOut = new Set<number>();

/**
 * A port of the loopback interface on which nothing listens now. It is released before the server that gets it listens, so
 * another program could take it in between. That server then fails to start, which is reported.
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
