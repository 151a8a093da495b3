/** A token: its SHA-256, and what its holder may do. What is absent isn't limited, but for `admin`. */
export interface TokenSettings {
  /** Tokens of one name share slots, rate and transfers, so that one can replace the other. */
  readonly name: string;
  /** Of the token's text, in hexadecimal digits. */
  readonly sha256: string;
  /** Exports by name; `*` stands for any letters, also none. */
  readonly exports?: readonly string[];
  /** Values that are added to each request for an export, which must not give them itself. */
  readonly parameters?: Readonly<Record<string, BoundValue | readonly BoundValue[]>>;
  /** Exports that run at once, over all workers. */
  readonly slots?: number;
  /** Exports started in a time, such as `10/min`; the units are `s`, `min`, `h` and `d`. */
  readonly rate?: string;
  /** From when it isn't good any more: a day, which begins in UTC, or a moment with its zone. */
  readonly expires?: string;
  /** Whether it sees the numbers of the server, and all transfers. @default false */
  readonly admin?: boolean;
}

/** A value that a token gives to a parameter. */
export type BoundValue = string | number | boolean;

/** The keys of signed links. */
export interface LinkSettings {
  /** `stream-csv link` signs with the first one; links of all of them are good. */
  readonly keys: readonly LinkKey[];
}

/** A key with which links are signed. */
export interface LinkKey {
  /** Stands in each link, so that the key can be replaced. */
  readonly id: string;
  /** Its UTF-8 bytes are the key; 32 random bytes in any encoding are enough. */
  readonly secret: string;
}

/** Tokens that somebody else makes. */
export interface AuthSettings {
  readonly jwt: JwtSettings;
}

/** Whose JWTs (RFC 7519) are tokens of a server, and what their holders may do. They are never admins. */
export interface JwtSettings extends Pick<TokenSettings, "exports" | "slots" | "rate"> {
  /** The URL of the issuer's public keys: `https:`, or `http:` on loopback. */
  readonly jwks: string;
  /** What `iss` must be. */
  readonly issuer: string;
  /** What `aud` must be, or have among others. */
  readonly audience: string;
  /**
   * Parameters that are added to each request for an export, and the claims that have their values, such as
   * `claims.tenant_id`. The holder mustn't give them itself, and a JWT without one of the claims may do nothing.
   */
  readonly parameters?: Readonly<Record<string, string>>;
}
