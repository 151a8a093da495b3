import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { csvResponse, send } from "../../src/index.ts";

const longestWaitMs = 10_000;

/**
 * Checks that the first bytes of a stream reach a client before the second batch of rows exists. The source yields
 * its second row only after the client has read the first, so a response that waits for more than it needs never
 * arrives.
 * @returns what is wrong, in a sentence; null if nothing is
 */
export async function firstByteFault(): Promise<string | null> {
  const reading = new EventEmitter();
  const isFirstRead = once(reading, "first");
  async function* rows(): AsyncGenerator<readonly number[]> {
    yield [1];
    await isFirstRead;
    yield [2];
  }
  const server = createServer((request, response) => {
    void send(csvResponse(rows(), { columns: ["id"] }), request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(longestWaitMs) });
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      if (text.includes("\r\n1\r\n")) reading.emit("first");
    }
    return text === "id\r\n1\r\n2\r\n" ? null : `A stream of two rows came as ${JSON.stringify(text)}.`;
  } catch (cause) {
    return `The first row of a stream wasn't sent before the second existed: ${String(cause)}.`;
  } finally {
    reading.emit("first");
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
