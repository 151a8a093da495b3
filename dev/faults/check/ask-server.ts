import type { ServerStats } from "../../../src/internal.ts";
import { LoadConnection, type ClientTarget } from "../load-connection.ts";
import { readAnswer } from "../client/read-answer.ts";

/** The text of a complete 200 answer over a new connection; undefined for anything else. */
export async function askText(
  target: ClientTarget,
  path: string,
  silenceMs?: number,
): Promise<string | undefined> {
  const connection = await LoadConnection.open(target);
  if (connection === undefined) return undefined;
  try {
    connection.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
    const answer = await readAnswer(connection, {
      method: "GET",
      keptBytes: 8 * 1024 ** 2,
      ...(silenceMs === undefined ? {} : { silenceMs }),
    });
    const isWhole = answer.status === 200 && answer.ending === "complete";
    return isWhole ? answer.content?.toString() : undefined;
  } finally {
    connection.leave("close");
  }
}

/** Reads the server's counters. */
export async function askStats(target: ClientTarget, silenceMs?: number): Promise<ServerStats | undefined> {
  const text = await askText(target, "/stats", silenceMs);
  return text === undefined ? undefined : (JSON.parse(text) as ServerStats);
}
