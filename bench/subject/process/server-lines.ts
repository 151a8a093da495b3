import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { lastLinesOf } from "./last-lines.ts";

/** The origin in the ready line. All other output is read and dropped. */
export function originFrom(child: ChildProcess, readyLine: RegExp): Promise<string> {
  return new Promise((resolve) => {
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on("line", (line) => {
      const origin = readyLine.exec(line)?.[1];
      if (origin !== undefined) resolve(origin);
    });
  });
}

/** The last lines of standard error. It is always read, because a full pipe would stop the server. */
export function lastErrorLines({ stderr }: ChildProcess): () => readonly string[] {
  return stderr === null ? () => [] : lastLinesOf(stderr);
}

/** How a server has ended, and what it wrote last. */
export function lastWordsOf({ exitCode, signalCode }: ChildProcess, lines: readonly string[]): string {
  const how = exitCode === null ? signalCode : `exit code ${exitCode}`;
  const ended = how === null ? [] : [`The server ended with ${how}.`];
  const words = lines.length === 0 ? [] : [`The server's last lines: ${lines.join("\n")}`];
  return [...ended, ...words].join(" ");
}
