import { onRequestSeries } from "../peers/on-request/on-request.ts";
import { postgresSeries } from "../peers/postgres/postgres.ts";
import type { PeerSeries } from "../peers/series.ts";

/** The servers that are measured, and of how many rows each one's export is. */
interface AccuracySeries {
  /** @param rows the most that a server is asked for */
  open(rows: number): PeerSeries;
  /** About a second of each, by the name of the peer. */
  readonly usualRows: Readonly<Record<string, number>>;
}

/** What `--over` takes. */
export const accuracySeries: Readonly<Record<string, AccuracySeries>> = {
  "on-request": {
    open: () => onRequestSeries,
    usualRows: {
      node: 200_000,
      "fastify, fast-csv": 150_000,
      go: 1_000_000,
      "django, batched": 250_000,
      "starlette, batched": 250_000,
      php: 250_000,
    },
  },
  postgres: {
    open: postgresSeries,
    usualRows: {
      "pg-query-stream": 160_000,
      "express, csv-stringify": 160_000,
      "fastify, pg-copy-streams": 1_500_000,
      go: 800_000,
      django: 300_000,
      "django, buffered": 300_000,
      fastapi: 350_000,
      php: 600_000,
    },
  },
};
