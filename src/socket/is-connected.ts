import type { Socket } from "node:net";
import { lowestSocket } from "./lowest-socket.ts";

interface TcpHandle {
  getpeername(into: object): number;
}

/**
 * Whether the kernel still has a connection to the other side. After a reset it has no peer any more, but after the other side has
 * ended its part it has.
 *
 * Node tells a reset as an end where the kernel hands it the reset together with the last bytes.
 *
 * A TLS socket may never learn of a reset: if a record of the handshake is being written at that moment, Node's TLS
 * layer drops the error, the next read looks like the client's half-close, and no later write ever completes.
 * `remoteAddress` doesn't help, because Node keeps the first answer.
 */
export function isConnected(socket: Socket): boolean {
  const handle: unknown = Reflect.get(lowestSocket(socket), "_handle");
  return !isTcpHandle(handle) || handle.getpeername({}) === 0;
}

function isTcpHandle(handle: unknown): handle is TcpHandle {
  return (
    typeof handle === "object" && handle !== null && typeof Reflect.get(handle, "getpeername") === "function"
  );
}
