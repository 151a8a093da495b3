import { phpPeer } from "../php-peer.ts";

/** PHP with its own client of PostgreSQL. */
export const phpPostgresPeer = phpPeer({
  name: "php",
  stack: "PHP, pgsql",
  settings:
    "2,000 rows at a time from a cursor of the server by `pg_fetch_row`, which gives text; a function of its own quotes as PostgreSQL does, because `fputcsv` quotes every value with a space; `output_buffering` of 64 KiB, behind PHP's own web server with one process, a connection for each request.",
  packages: ["php-cli", "php-pgsql"],
  source: "postgres/orders.php",
  variable: "DATABASE_URL",
  extension: "pgsql",
});
