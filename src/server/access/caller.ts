import { fitsPattern } from "./name-pattern.ts";
import type { TokenSettings } from "./access-settings.ts";

/** Who makes a request, and what that one may do. */
export interface Caller {
  /** The name of its token, or `jwt:` and the subject of its JWT; null without a token. */
  readonly token: string | null;
  /** Whether it may see the numbers of the server, and all transfers. */
  readonly isAdmin: boolean;
  /** Whether it may have transfers of its own, and see them. */
  readonly hasTransfers: boolean;
  /** Whether some exports are hidden from it, so that answers mustn't name them. */
  readonly isRestricted: boolean;
  readonly mayExport: (name: string) => boolean;
  /** Parameters whose values its token decides, in texts; several for a list. */
  readonly bound: ReadonlyMap<string, readonly string[]>;
  /** Exports at once and per time, which the primary counts over all workers; null for no limit. */
  readonly limits: TokenLimits | null;
}

/** The limits of a token. */
export interface TokenLimits {
  readonly slots: number | null;
  readonly rate: Rate | null;
}

/** So many exports in so long a time. */
export interface Rate {
  readonly count: number;
  readonly periodMs: number;
}

/** Who asks a server without tokens. */
export const everyone: Caller = {
  token: null,
  isAdmin: true,
  hasTransfers: true,
  isRestricted: false,
  mayExport: () => true,
  bound: new Map(),
  limits: null,
};

/** Who has a signed link: what it may do is in the link. */
export const linkHolder: Caller = { ...everyone, isAdmin: false, hasTransfers: false };

const periodsMs: Readonly<Record<string, number>> = { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** Who has a token. Of one that is found otherwise than by its digest, the rest is enough. */
export function tokenHolder(token: Omit<TokenSettings, "sha256" | "expires">): Caller {
  const { name, exports: patterns, parameters = {}, slots = null, rate: rateText, admin = false } = token;
  const [count, unit = ""] = rateText?.split("/") ?? [];
  const rate = count === undefined ? null : { count: Number(count), periodMs: periodsMs[unit] ?? 0 };
  return {
    token: name,
    isAdmin: admin,
    hasTransfers: true,
    isRestricted: patterns !== undefined,
    mayExport: (asked) => patterns?.some((pattern) => fitsPattern(asked, pattern)) ?? true,
    bound: new Map(
      Object.entries(parameters).map(([key, value]) => [
        key,
        (Array.isArray(value) ? value : [value]).map(String),
      ]),
    ),
    limits: slots === null && rate === null ? null : { slots, rate },
  };
}
