import { observePostgres } from "../../../bench/probe/observe-postgres.ts";
import type { PeerSeries } from "../series.ts";
import { bufferedDjangoPostgresPeer, djangoPostgresPeer } from "./django-postgres-peer.ts";
import { equalBytes } from "./equal-bytes.ts";
import { fastapiPostgresPeer } from "./fastapi-postgres-peer.ts";
import { goPostgresPeer } from "./go-postgres-peer.ts";
import { copyStreamsPeer, expressPeer, fastifyPeer, queryStreamPeer } from "./node-peers.ts";
import { startOrdersTable } from "./orders-table.ts";
import { phpPostgresPeer } from "./php-postgres-peer.ts";
import { psqlPeer } from "./psql-peer.ts";
import { watchQueries } from "./query-watch.ts";
import { oursPostgres } from "./stream-csv-postgres-peer.ts";

/** Rows of a table of PostgreSQL. @param tableRows of which a peer is asked for the first ones */
export function postgresSeries(tableRows: number): PeerSeries {
  return {
    name: "postgres",
    ours: oursPostgres,
    others: [
      queryStreamPeer,
      expressPeer,
      copyStreamsPeer,
      fastifyPeer,
      goPostgresPeer,
      djangoPostgresPeer,
      bufferedDjangoPostgresPeer,
      fastapiPostgresPeer,
      phpPostgresPeer,
      psqlPeer,
    ],
    mostRows: tableRows,
    check: equalBytes,
    async open(folder, signal) {
      const server = await startOrdersTable({ rows: tableRows, folder, signal });
      try {
        const observer = await observePostgres("database", server.url);
        const queries = await watchQueries(server.url);
        return {
          rowsFrom: server.url,
          observers: [observer],
          queries,
          async close() {
            await observer.close();
            await queries.close();
            server.stop();
          },
        };
      } catch (fault) {
        server.stop();
        throw fault;
      }
    },
  };
}
