import { createHash } from "node:crypto";
import { LoadConnection, type ClientTarget } from "../load-connection.ts";
import { readAnswer } from "../client/read-answer.ts";
import type { RunRecord } from "../record.ts";

const rows = 200_000;
const tries = 3;
/** A good server may seem slow for a while, so a low speed is measured again. */
const mostTries = 12;
/** A server with less than this share of its speed at the start has become slow. */
const leastShare = 0.4;
const hashed = Buffer.alloc(8 * 1024 ** 2);

/**
 * How fast a server sends to one client, relative to what this process hashes at the same time, because other
 * programs may use the machine too.
 */
export interface Speed {
  readonly megabytesPerSecond: number;
  readonly perHashed: number;
}

/** The best of some downloads; 0 if none was complete. */
export async function measureSpeed(target: ClientTarget): Promise<Speed> {
  const speeds: Speed[] = [];
  for (let number = 0; number < tries; number += 1) speeds.push(await downloadSpeed(target));
  return best(speeds);
}

/** Compares the current speed with that of the start. @returns the share of it that is left */
export async function checkSpeed(target: ClientTarget, atStart: Speed, record: RunRecord): Promise<number> {
  const speeds: Speed[] = [await downloadSpeed(target)];
  while (speeds.length < mostTries && best(speeds).perHashed < leastShare * atStart.perHashed)
    speeds.push(await downloadSpeed(target));
  const now = best(speeds);
  const share = now.perHashed / atStart.perHashed;
  if (!(share >= leastShare))
    record.finding(
      "a server in calm isn't as fast as at its start",
      `${describeSpeed(now)} at best of ${mostTries} downloads, and ${describeSpeed(atStart)} at the start`,
    );
  return share;
}

export function describeSpeed({ megabytesPerSecond, perHashed }: Speed): string {
  return `${megabytesPerSecond.toFixed(0)} MB/s (${perHashed.toFixed(2)} of what one core hashes meanwhile)`;
}

function best(speeds: readonly Speed[]): Speed {
  return speeds.reduce((fastest, speed) => (speed.perHashed > fastest.perHashed ? speed : fastest));
}

async function downloadSpeed(target: ClientTarget): Promise<Speed> {
  const connection = await LoadConnection.open(target);
  if (connection === undefined) return { megabytesPerSecond: 0, perHashed: 0 };
  try {
    const before = hashingSpeed();
    const startedAtMs = performance.now();
    connection.write(
      `GET /exports/orders.csv?rows=${rows} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
    );
    const { ending, status, bytes } = await readAnswer(connection, { method: "GET" });
    const seconds = (performance.now() - startedAtMs) / 1000;
    const isWhole = ending === "complete" && status === 200;
    const megabytesPerSecond = isWhole ? bytes / 1e6 / seconds : 0;
    return { megabytesPerSecond, perHashed: (2 * megabytesPerSecond) / (before + hashingSpeed()) };
  } finally {
    connection.leave("close");
  }
}

function hashingSpeed(): number {
  const startedAtMs = performance.now();
  createHash("sha256").update(hashed).digest();
  return hashed.length / 1e6 / ((performance.now() - startedAtMs) / 1000);
}
