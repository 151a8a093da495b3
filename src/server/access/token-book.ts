import { createHash, timingSafeEqual } from "node:crypto";
import type { TokenSettings } from "./access-settings.ts";
import { tokenHolder, type Caller } from "./caller.ts";

interface Entry {
  readonly digest: Buffer;
  readonly expiresAtMs: number;
  readonly caller: Caller;
}

/** The tokens of a server, by their digests. */
export class TokenBook {
  readonly #entries: readonly Entry[];

  constructor(tokens: readonly TokenSettings[]) {
    this.#entries = tokens.map((token) => ({
      digest: Buffer.from(token.sha256, "hex"),
      expiresAtMs: token.expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(token.expires),
      caller: tokenHolder(token),
    }));
  }

  /** How many tokens it has. */
  get size(): number {
    return this.#entries.length;
  }

  /**
   * The holder of a token; undefined when it is unknown or has expired.
   *
   * Digests are compared, all of them and each in constant time: how long it takes depends neither on how much of a
   * wrong token is right, nor on where the right one stands.
   */
  find(token: string, wallMs: number): Caller | undefined {
    const digest = digestOf(token);
    let found: Caller | undefined;
    for (const entry of this.#entries) {
      const isEqual = timingSafeEqual(entry.digest, digest);
      if (isEqual && wallMs < entry.expiresAtMs) found = entry.caller;
    }
    return found;
  }
}

/** The SHA-256 of a token's text, of which the configuration has the hexadecimal digits. */
export function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
