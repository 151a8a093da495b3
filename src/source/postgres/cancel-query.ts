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

/**
 * Asks the server to cancel what a session does, over a connection of its own and with TLS where the session has it, which pg's
 * own cancel hasn't. Resolves when the server has closed that connection, or after 5 s; a server that can't be reached has
 * nothing to cancel. A session that has ended is left alone: its key fits no other.
 */
export async function cancelQuery(
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
