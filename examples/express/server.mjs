import express from "express";
import { csvResponse, send } from "stream-csv";
import { orders } from "./orders.mjs";

const app = express();

app.get("/orders.csv", async (req, res) => {
  const failAt = Number(req.query.failAt);
  const response = csvResponse(({ signal }) => orders({ failAt, signal }), { filename: "orders.csv" });
  const outcome = await send(response, req, res, {
    // The status waits for the first chunk, so an error before it is a 500. A later error cuts the connection.
    primeFirstChunk: true,
    onError: (error) => console.error(error.message),
  });
  console.log(`${outcome.state}, ${outcome.bytes} bytes`);
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", (error) => {
  if (error !== undefined) throw error;
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
