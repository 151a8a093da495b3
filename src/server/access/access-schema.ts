import {
  array,
  boolean,
  exactOptional,
  integer,
  isoDate,
  isoTimestamp,
  minLength,
  minValue,
  nonEmpty,
  number,
  pipe,
  record,
  regex,
  strictObject,
  string,
  union,
  type GenericSchema,
} from "valibot";

const name = pipe(
  string("it takes text"),
  regex(/^[\w.@-]{1,100}$/, "it takes 1 to 100 letters, digits and any of . _ @ -"),
);
const wholeNumber = "it takes a whole number, 1 or more";
const moment = "it takes a date such as 2027-01-01, or a moment such as 2027-01-01T09:00:00Z";

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

const boundValue = union([string(), number(), boolean()]);

/** The exports that somebody may have. */
export const exportPatterns = exactOptional(
  array(
    pipe(string("it takes text"), nonEmpty("it takes a name, or a pattern with *")),
    "it takes a list of names",
  ),
);

/** The limits of somebody's exports. */
export const limitEntries = {
  slots: exactOptional(pipe(number(wholeNumber), integer(wholeNumber), minValue(1, wholeNumber))),
  rate: exactOptional(
    pipe(
      string("it takes text such as 10/min"),
      regex(/^[1-9]\d{0,3}\/(?:s|min|h|d)$/, "it takes a count and s, min, h or d, such as 10/min"),
    ),
  ),
};

/** The tokens of a server, as its configuration has them. */
export const tokensSchema: GenericSchema<unknown, readonly TokenSettings[]> = pipe(
  array(
    strictObject({
      name,
      sha256: pipe(
        string("it takes text"),
        regex(/^[0-9a-f]{64}$/i, "it takes 64 hexadecimal digits, the SHA-256 of the token"),
      ),
      exports: exportPatterns,
      parameters: exactOptional(
        record(
          string(),
          union([boundValue, pipe(array(boundValue), minLength(1, "it takes at least one value"))]),
          "it takes an object of values",
        ),
      ),
      ...limitEntries,
      expires: exactOptional(union([pipe(string(), isoDate()), pipe(string(), isoTimestamp())], moment)),
      admin: exactOptional(boolean("it takes true or false")),
    }),
    "it takes a list of tokens",
  ),
  minLength(1, "it takes at least one token; leave it out to serve everybody"),
);

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

/** The keys of signed links, as the configuration has them. */
export const linksSchema: GenericSchema<unknown, LinkSettings> = strictObject({
  keys: pipe(
    array(
      strictObject({ id: name, secret: pipe(string("it takes text"), nonEmpty("it takes text")) }),
      "it takes a list of keys",
    ),
    minLength(1, "it takes at least one key"),
  ),
});
