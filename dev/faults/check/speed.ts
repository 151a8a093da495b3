import { ClientConnection, type ClientTarget } from "../client/connection.ts";
import { readAnswer } from "../client/read-answer.ts";
import type { RunRecord } from "../record.ts";

const rows = 200_000;
const tries = 3;
/** On a machine that others use too a good server may seem slow for a while; it is looked at again. */
const mostTries = 12;
/** Less than this share of the speed at the start isn't full speed any more. */
const leastShare = 0.4;

/** The best of some downloads, in MB/s; 0 when none was whole. */
export async function measureSpeed(target: ClientTarget): Promise<number> {
  let best = 0;
  for (let number = 0; number < tries; number += 1) best = Math.max(best, await downloadSpeed(target));
  return best;
}

/** Holds the speed of now against that of the start. @returns the share of it that is left */
export async function checkSpeed(target: ClientTarget, atStart: number, record: RunRecord): Promise<number> {
  let best = 0;
  for (let number = 0; number < mostTries && best < leastShare * atStart; number += 1)
    best = Math.max(best, await downloadSpeed(target));
  const share = best / atStart;
  if (share < leastShare)
    record.finding(
      "a server in calm isn't as fast as at its start",
      `${best.toFixed(1)} MB/s at best of ${mostTries} downloads, and ${atStart.toFixed(1)} MB/s at the start`,
    );
  return share;
}

async function downloadSpeed(target: ClientTarget): Promise<number> {
  const connection = await ClientConnection.open(target);
  if (connection === undefined) return 0;
  try {
    const startedAtMs = performance.now();
    connection.write(
      `GET /exports/orders.csv?rows=${rows} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
    );
    const { ending, status, bytes } = await readAnswer(connection, { method: "GET" });
    const seconds = (performance.now() - startedAtMs) / 1000;
    return ending === "complete" && status === 200 ? bytes / 1e6 / seconds : 0;
  } finally {
    connection.leave("close");
  }
}
