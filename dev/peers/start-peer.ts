import type { Peer } from "./peer.ts";
import { startProgram } from "./program.ts";
import type { PeerContext, RunningPeer } from "./running-peer.ts";
import { startServer } from "./server.ts";

/** Starts a peer in a new process. */
export function startPeer(peer: Peer, context: PeerContext): Promise<RunningPeer> {
  return peer.kind === "server" ? startServer(peer, context) : startProgram(peer, context);
}
