import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * What all peers on `node:http` have in common: `/ping`, the route of the export, and the line that says they are ready.
 * @param write sends the body of so many rows, and ends it; when it rejects, the connection is cut
 */
export function serveOrders(write: (rows: number, res: ServerResponse) => Promise<void>): void {
  const server = createServer((req, res) => {
    const url = new URL(req.url ?? "/", "http://localhost");
    if (url.pathname === "/ping") {
      res.end("pong");
    } else if (url.pathname === "/orders.csv") {
      res.writeHead(200, { "Content-Type": "text/csv; charset=utf-8" });
      // A client that disconnects ends the pipeline, which isn't an error of the server.
      write(Number(url.searchParams.get("rows")), res).catch(() => res.destroy());
    } else {
      res.writeHead(404).end();
    }
  });
  server.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo;
    process.stdout.write(`listening on http://127.0.0.1:${port}\n`);
  });
}
