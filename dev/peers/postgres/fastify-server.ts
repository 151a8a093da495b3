/**
 * PostgreSQL's own CSV text by pg-copy-streams, as a stream that Fastify sends.
 *
 *     node dist/dev/peers/postgres/fastify-server.js DATABASE_URL
 */
import fastify from "fastify";
import { Pool } from "pg";
import { to } from "pg-copy-streams";

const pool = new Pool({ connectionString: process.argv[2] });
const app = fastify();

app.get("/ping", () => "pong");

app.get<{ Querystring: { readonly rows: string } }>("/orders.csv", async (request, reply) => {
  const client = await pool.connect();
  // COPY takes no parameters; a number is safe in its text.
  const count = Number(request.query.rows);
  const text = client.query(to(`COPY (SELECT * FROM orders LIMIT ${count}) TO STDOUT (FORMAT csv, HEADER)`));
  // Destroyed before its end when the client leaves: a client in the middle of a COPY can't be used again.
  text.once("close", () => client.release(text.readableEnded ? undefined : new Error("cut")));
  return reply.type("text/csv; charset=utf-8").send(text);
});

const origin = await app.listen({ host: "127.0.0.1", port: Number(process.env["PORT"] ?? 0) });
process.stdout.write(`listening on ${origin}\n`);
