/**
 * Rows through fast-csv's stream, which Fastify sends.
 *
 *     node dist/dev/peers/on-request/fastify-server.js POOL.json
 */
import fastify from "fastify";
import { fastCsvStream } from "./fast-csv-stream.ts";

const app = fastify();

app.get("/ping", () => "pong");

app.get<{ Querystring: { readonly rows: string } }>("/orders.csv", (request, reply) =>
  reply.type("text/csv; charset=utf-8").send(fastCsvStream(Number(request.query.rows))),
);

const origin = await app.listen({ host: "127.0.0.1", port: Number(process.env["PORT"] ?? 0) });
process.stdout.write(`listening on ${origin}\n`);
