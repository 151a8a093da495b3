import type { ServerPeer, Workshop } from "./peer.ts";

/** How a peer is started by a shell, as a target of `bench` is. */
export interface ShellLine {
  /** The command, with the port in front as an environment variable. */
  readonly line: string;
  /** The port that the peer has chosen, or `{port}` where one is still to be chosen. */
  readonly port: string;
}

/** The line that starts a peer in a shell. */
export async function shellLine(peer: ServerPeer, workshop: Workshop): Promise<ShellLine> {
  const command = (await peer.command(workshop)).map(shellWord).join(" ");
  const port = /http:\/\/127\.0\.0\.1:(\d+)|PORT=(\d+)/.exec(command)?.slice(1).find(Boolean) ?? "{port}";
  return { line: `PORT=${port} ${command}`, port };
}

/** Quotes a word in which a shell would find more than letters. */
function shellWord(word: string): string {
  return /^[\w%+,./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
