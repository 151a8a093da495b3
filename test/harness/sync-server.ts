import assert from "node:assert/strict";
import { startServe, type ServeProcess } from "./cli.ts";
import { connectTo, get, type RawClient } from "./raw-client.ts";

/** More than lies in socket buffers, so that a client that doesn't read holds its worker. */
export const endless = get("/exports/orders.csv?rows=50000000");

export async function startSync(workers: number, ...flags: readonly string[]): Promise<ServeProcess> {
  return await startServe(["--worker-model", "sync", "--workers", String(workers), ...flags]);
}

/** A client that occupies one worker until it is closed; the worker serves it when this resolves. */
export async function hold({ url }: ServeProcess): Promise<RawClient> {
  const client = await connectTo(url, endless);
  assert.match(await client.firstBytes(), /^HTTP\/1\.1 200 OK\r\n/);
  return client;
}

/** Resolves when all earlier connections have been accepted: they fill the queue, so that this one is refused. */
export async function queueIsFull({ url }: ServeProcess): Promise<void> {
  const refused = await connectTo(url, get("/ping"));
  assert.match(await refused.readAll(), /^HTTP\/1\.1 503 .*the queue is full/s);
}
