import { setTimeout as sleep } from "node:timers/promises";
import type * as Pg from "pg";
import type { ConnectionTarget } from "./connection-url.ts";

/** By what a server knows the session whose query is to be cancelled (its BackendKeyData). */
export interface SessionKey {
  readonly processID: number;
  readonly secretKey: number;
}

/** What pg's connection can do beyond what its types say. */
interface CancelConnection extends Pg.Connection {
  connect(port: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processID: number, secretKey: number): void;
}

const limitMs = 5000;
/** A cancel that comes between two statements is ignored, and the next one may have been sent already. */
const againMs = 100;

/**
 * Asks the server to cancel what a session does, and once more a moment later. A session that has ended is left alone: its key fits
 * no other. Resolves when the server has taken both requests, each at most 5 s later; a server that can't be reached has nothing to
 * cancel.
 */
export async function cancelQuery(
  pg: Pick<typeof Pg, "Connection">,
  target: ConnectionTarget,
  key: SessionKey,
): Promise<void> {
  await requestCancel(pg, target, key);
  await sleep(againMs);
  await requestCancel(pg, target, key);
}

/** One request over a connection of its own, with TLS where the session has it, which pg's own cancel hasn't. */
async function requestCancel(
  { Connection }: Pick<typeof Pg, "Connection">,
  { host, port, ssl }: ConnectionTarget,
  { processID, secretKey }: SessionKey,
): Promise<void> {
  const connection = new Connection({ ssl }) as CancelConnection;
  const send = (): void => connection.cancel(processID, secretKey);
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => connection.stream.destroy(), limitMs);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    connection.on("connect", () => (ssl === false ? send() : connection.requestSsl()));
    connection.on("sslconnect", send);
    connection.on("error", () => connection.stream.destroy());
    connection.on("end", end);
    if (host.startsWith("/")) connection.connect(`${host}/.s.PGSQL.${port}`);
    else connection.connect(port, host);
  });
}
