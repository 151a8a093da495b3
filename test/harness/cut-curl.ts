import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Runs curl until it has a part of the body, does something that cuts the body, and resolves to curl's exit code: 0 means that curl took the
 * body for complete, 18 that a length or a last chunk is missing, 56 that the connection was reset. A client in Node can't tell: libuv
 * reports a reset as an end while bytes are unread.
 * @param beginning what has to have come before: by default anything
 * @param cut gets what matches
 */
export async function exitCodeOfCut(
  args: readonly string[],
  cut: (match: string) => unknown,
  beginning = /[^]/,
): Promise<number> {
  const curl = spawn("curl", ["--silent", "--limit-rate", "2M", "--max-time", "60", ...args], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const exited = once(curl, "exit") as Promise<[number]>;
  let text = "";
  let isCut = false;
  curl.stdout.on("data", (part: Buffer) => {
    if (isCut) return;
    text += part.toString("latin1");
    const [match] = beginning.exec(text) ?? [];
    if (match === undefined) return;
    isCut = true;
    cut(match);
  });
  return (await exited)[0];
}
