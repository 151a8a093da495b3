import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { csvResponse, toWebResponse } from "stream-csv";
import { orders } from "./orders.mjs";

const app = new Hono();

app.get("/orders.csv", async (c) => {
  const failAt = Number(c.req.query("failAt"));
  const response = csvResponse(({ signal }) => orders({ failAt, signal }), { filename: "orders.csv" });
  if (c.req.method !== "HEAD") await waitForFirstChunk(response, c.req.raw.signal);
  return toWebResponse(response, c.req.raw);
});

/** An error in the first chunk is thrown here, so Hono answers 500. A later error cuts the connection. */
async function waitForFirstChunk(response, signal) {
  // toWebResponse() follows the signal later, but a client may leave while the first rows are read.
  signal.addEventListener("abort", () => void response.close(signal.reason), { once: true });
  const chunks = response.streamingContent[Symbol.asyncIterator]();
  try {
    const first = await chunks.next();
    response.streamingContent = (async function* () {
      if (!first.done) yield first.value;
      yield* chunks;
    })();
  } catch (error) {
    await response.close(error);
    throw error;
  }
}

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000), hostname: "127.0.0.1" }, ({ port }) => {
  console.log(`listening on http://127.0.0.1:${port}`);
});
