import { isIP, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type * as Pg from "pg";
import { closedWithin } from "../../socket/closed-within.ts";
import type { ConnectionTarget } from "./connection-url.ts";
import { guardInput } from "./guard-input.ts";

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
/** Terminate: its kind, and the length of the rest. */
const terminate = Uint8Array.of(0x58, 0, 0, 0, 4);

/** Where the server of a session is: an address, or the folder of a Unix socket, and the name that its certificate is for. */
interface ServerAddress {
  readonly address: string;
  readonly port: number;
  readonly ssl: ConnectionTarget["ssl"];
}

/**
 * Cancels what a session does, and ends it. Resolves when the server has closed the session, so that its place is free there too; the
 * socket is destroyed where that takes more than 5 s, as with a server that can't be reached.
 * @param socket the session's, paused. Nobody else reads it any more; what still comes is dropped
 */
export async function cancelSession(
  pg: Pick<typeof Pg, "Connection">,
  target: ConnectionTarget,
  key: SessionKey,
  socket: Socket,
): Promise<void> {
  if (socket.closed) return;
  const closed = closedWithin(socket, limitMs);
  const server = addressOf(socket, target);
  const isTaken = await requestCancel(pg, server, key);
  // Behind the request: a proxy that hears of the end first no longer knows whom to cancel. Until then the session waits for its reader,
  // and computes nothing that nobody takes.
  socket.resume();
  socket.end(terminate);
  await Promise.race([closed, sleep(againMs)]);
  if (!socket.closed && isTaken) await requestCancel(pg, server, key);
  await closed;
}

/** The server that a socket is connected to: another one may have the host's name too, and doesn't know the session. */
function addressOf(socket: Socket, { host, port, ssl }: ConnectionTarget): ServerAddress {
  const address = socket.remoteAddress ?? host;
  return { address, port, ssl: ssl === false || isIP(host) > 0 ? ssl : { ...ssl, servername: host } };
}

/**
 * One request over a connection of its own, with TLS where the session has it, which pg's own cancel hasn't.
 * @returns whether the server has answered it, by closing the connection
 */
async function requestCancel(
  { Connection }: Pick<typeof Pg, "Connection">,
  { address, port, ssl }: ServerAddress,
  { processID, secretKey }: SessionKey,
): Promise<boolean> {
  const connection = new Connection({ ssl }) as CancelConnection;
  guardInput(connection);
  const send = (): void => connection.cancel(processID, secretKey);
  let isInTime = true;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      isInTime = false;
      connection.stream.destroy();
    }, limitMs);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    connection.on("connect", () => (ssl === false ? send() : connection.requestSsl()));
    connection.on("sslconnect", send);
    connection.on("error", () => connection.stream.destroy());
    connection.on("end", end);
    if (address.startsWith("/")) connection.connect(`${address}/.s.PGSQL.${port}`);
    else connection.connect(port, address);
  });
  return isInTime;
}
