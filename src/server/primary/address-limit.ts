import type { Socket } from "node:net";
import { StreamCsvError } from "../../errors.ts";

/** Groups of an IPv6 address that name a network; a single client usually has all addresses of one. */
const networkGroups = 4;

/**
 * Counts the open connections of each address. This process sees the end of a connection only until a worker has it; after
 * that the worker reports the address.
 */
export class AddressLimit {
  readonly #limit: number | null;
  readonly #open = new Map<string, number>();
  /** Connections that no worker has. */
  readonly #here = new Map<Socket, string>();
  /** Connections of each worker, by address. */
  readonly #handedOver = new Map<number, Map<string, number>>();

  constructor(limit: number | null) {
    this.#limit = limit;
  }

  /**
   * Counts a new connection.
   * @throws StreamCsvError `SCSV_TOO_MANY_CONNECTIONS`; then it isn't counted
   */
  take(socket: Socket): void {
    // A connection that has broken already has no address.
    if (this.#limit === null || socket.remoteAddress === undefined) return;
    const address = addressOf(socket.remoteAddress);
    if ((this.#open.get(address) ?? 0) >= this.#limit) {
      const message = `${this.#limit} connections of your address are open, which is the limit.`;
      const hint = "Close some of them, or use them for more requests.";
      throw new StreamCsvError("SCSV_TOO_MANY_CONNECTIONS", message, { retryAfterSeconds: 1, hint });
    }
    change(this.#open, address, 1);
    this.#here.set(socket, address);
    socket.once("close", () => this.release(socket));
  }

  /** A connection is closed or refused. */
  release(socket: Socket): void {
    const address = this.#here.get(socket);
    if (address === undefined) return;
    this.#here.delete(socket);
    change(this.#open, address, -1);
  }

  /** A worker gets a connection. @returns what it has to report when that is closed; null for nothing */
  handOver(socket: Socket, worker: number): string | null {
    const address = this.#here.get(socket);
    if (address === undefined) return null;
    this.#here.delete(socket);
    const held = this.#handedOver.get(worker) ?? new Map<string, number>();
    this.#handedOver.set(worker, held);
    change(held, address, 1);
    return address;
  }

  /** Connections of a worker are closed. */
  closed(worker: number, addresses: readonly string[]): void {
    const held = this.#handedOver.get(worker);
    // The connections of a dead worker were subtracted already.
    if (held === undefined) return;
    for (const address of addresses) {
      change(held, address, -1);
      change(this.#open, address, -1);
    }
  }

  /** A worker has died, and its connections with it. */
  forget(worker: number): void {
    for (const [address, count] of this.#handedOver.get(worker) ?? []) change(this.#open, address, -count);
    this.#handedOver.delete(worker);
  }
}

/** What is counted as one address: that of IPv4, or the network of IPv6. */
export function addressOf(remoteAddress: string): string {
  const plain = remoteAddress.replace(/^::ffff:(?=\d+\.)/i, "");
  if (!plain.includes(":")) return plain;
  const [head = "", tail] = (plain.split("%")[0] ?? "").split("::");
  const groups = head === "" ? [] : head.split(":");
  const behind = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - behind.length) }, () => "0");
  const all = tail === undefined ? groups : [...groups, ...zeros, ...behind];
  return `${all.slice(0, networkGroups).join(":")}::/64`;
}

function change(counts: Map<string, number>, address: string, by: number): void {
  const count = (counts.get(address) ?? 0) + by;
  if (count > 0) counts.set(address, count);
  else counts.delete(address);
}
