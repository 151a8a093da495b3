import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { isCodedError } from "../../../src/ground.ts";

/** Ports that this process gave out, so that two servers that start at the same time never get the same. */
const givenOut = new Set<number>();

/** Systems take the ports of clients, and those of servers that want any, from above these (32,768 on Linux, 49,152 on macOS). */
const lowest = 15_000;
const highest = 32_000;
const mostTries = 200;

/**
 * A port of the loopback interface on which nothing listens now. It is released before the server that gets it listens, so
 * another program could take it in between. That server then fails to start, which is reported.
 */
export async function findFreePort(): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    const port = randomInt(lowest, highest);
    if (givenOut.has(port)) continue;
    try {
      const server = createServer().listen(port, "127.0.0.1");
      await once(server, "listening");
      server.close();
      await once(server, "close");
      givenOut.add(port);
      return port;
    } catch (error) {
      if (!isCodedError(error) || error.code !== "EADDRINUSE" || tries === mostTries) throw error;
    }
  }
}
