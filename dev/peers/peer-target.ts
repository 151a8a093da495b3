import { startServerProcess } from "../../bench/subject/process/server-process.ts";
import type { Target } from "../../bench/subject/target.ts";
import { exportUrl, type Peer, type Workshop } from "./peer.ts";

/**
 * A peer as a target. It prints its address, and is ready once it answers there, because some peers print it before
 * they listen.
 */
export async function peerTarget(peer: Peer, workshop: Workshop): Promise<Target> {
  const command = await peer.command(workshop);
  return {
    name: peer.name,
    command: command.join(" "),
    url: null,
    isStreamCsv: false,
    takesRows: true,
    canRunTwice: true,
    async start(signal) {
      const server = await startServerProcess({
        command,
        readyLine: /^listening on (http:\/\/\S+)$/,
        answersAt: "/ping",
        signal,
      });
      return {
        ...server,
        exportUrl: (_, { rows }) => exportUrl(peer, server.origin, rows),
        pingUrl: new URL("/ping", server.origin),
        // Only one peer reports inside numbers, so all are measured from outside.
        statsUrl: null,
      };
    },
  };
}
