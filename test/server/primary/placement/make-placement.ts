import { Socket } from "node:net";
import type { Placement, PlacementContext } from "../../../../src/server/primary/placement/placement.ts";
import { defaultSettings, type ServerSettings } from "../../../../src/server/shared/settings.ts";

/** A placement whose workers are names, with a stopped clock and a list of its actions. */
export function makePlacement(
  Kind: new (context: PlacementContext<string>) => Placement<string>,
  settings: Partial<ServerSettings> = {},
) {
  let nowMs = 0;
  const handedOver: { readonly worker: string; readonly socket: Socket; readonly waited: number }[] = [];
  const refused: { readonly socket: Socket; readonly reason: Error }[] = [];
  /** Connections whose client has closed its side. */
  const left = new Set<Socket>();
  let looks = 0;
  const placement = new Kind({
    settings: { ...defaultSettings, ...settings },
    clock: { nowMs: () => nowMs, wallMs: () => nowMs },
    handOver: (worker, socket, waited) => handedOver.push({ worker, socket, waited }),
    refuse: (socket, reason) => refused.push({ socket, reason }),
    closed: (sockets) => {
      looks += 1;
      return [...sockets].filter((socket) => left.has(socket));
    },
  });
  const connections: Socket[] = [];
  return {
    placement,
    handedOver,
    refused,
    left,
    connections,
    /** How often it was asked which clients have closed their side. */
    looks: () => looks,
    /** The names of the workers in the order of their connections. */
    workers: (): readonly string[] => handedOver.map(({ worker }) => worker),
    connect: (): Socket => {
      const socket = new Socket();
      connections.push(socket);
      placement.place(socket);
      return socket;
    },
    advance: (ms: number) => (nowMs += ms),
  };
}
