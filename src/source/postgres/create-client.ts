import type * as Pg from "pg";
import type { ConnectionTarget } from "./connection-url.ts";
import { guardInput } from "./guard-input.ts";

/** What pg's client sends when it connects. */
interface StartedClient {
  readonly connection: object;
  readonly connectionParameters: { options?: string | undefined; replication?: string | undefined };
}

/** Shorter than the shortest time for which firewalls keep a quiet connection. */
const keepAliveMs = 30_000;

/** A connection that isn't connected yet. */
export function createClient({ Client }: Pick<typeof Pg, "Client">, target: ConnectionTarget): Pg.Client {
  const { connectTimeoutMs: _, applicationName, options, ...rest } = target;
  const client = new Client({
    ...rest,
    // A function, for pg takes an empty password for none and looks for one elsewhere.
    password: () => target.password,
    application_name: applicationName,
    // Without these pg takes PGCLIENT_ENCODING and PGSSLNEGOTIATION.
    client_encoding: "utf8",
    sslnegotiation: "postgres",
    // A query that sorts sends nothing for long, and neither does a server that is gone.
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
  });
  const { connection, connectionParameters } = client as unknown as StartedClient;
  guardInput(connection);
  // pg takes PGOPTIONS and PGREPLICATION in the place of an empty one.
  Object.assign(connectionParameters, {
    options,
    replication: undefined,
  });
  return client;
}
