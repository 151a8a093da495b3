import fastify from "fastify";
import { csvResponse, send } from "stream-csv";
import { orders } from "./orders.mjs";

const app = fastify({ logger: true });

app.get("/orders.csv", async (request, reply) => {
  // From here on, send() writes the answer, and Fastify doesn't.
  reply.hijack();
  const failAt = Number(request.query.failAt);
  const response = csvResponse(({ signal }) => orders({ failAt, signal }), { filename: "orders.csv" });
  const { state, bytes } = await send(response, request.raw, reply.raw, {
    // The status waits for the first chunk, so an error before it is a 500. A later error cuts the connection.
    primeFirstChunk: true,
    onError: (error) => request.log.error(error),
  });
  request.log.info({ state, bytes }, "export ended");
});

const url = await app.listen({ port: Number(process.env.PORT ?? 3000), host: "127.0.0.1" });
console.log(`listening on ${url}`);
