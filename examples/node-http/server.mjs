import { createServer } from "node:http";
import { csvResponse, send } from "stream-csv";
import { orders } from "./orders.mjs";

const server = createServer(async (req, res) => {
  const [path, query] = req.url.split("?");
  if (path !== "/orders.csv") {
    res.writeHead(404).end("Not found\n");
    return;
  }
  const failAt = Number(new URLSearchParams(query).get("failAt"));
  const response = csvResponse(({ signal }) => orders({ failAt, signal }), { filename: "orders.csv" });
  const outcome = await send(response, req, res, {
    // The status waits for the first chunk, so an error before it is a 500. A later error cuts the connection.
    primeFirstChunk: true,
    onError: (error) => console.error(error.message),
  });
  console.log(`${outcome.state}, ${outcome.bytes} bytes`);
});

server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
