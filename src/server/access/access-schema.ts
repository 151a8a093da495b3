import {
  array,
  boolean,
  check,
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
import type { LinkSettings, TokenSettings } from "./access-settings.ts";

const name = pipe(
  string("it takes text"),
  regex(/^[\w.@-]{1,100}$/, "it takes 1 to 100 letters, digits and any of . _ @ -"),
);
const wholeNumber = "it takes a whole number, 1 or more";
const moment = "it takes a date such as 2027-01-01, or a moment such as 2027-01-01T09:00:00Z";

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
      expires: exactOptional(
        pipe(
          union([pipe(string(), isoDate()), pipe(string(), isoTimestamp())], moment),
          check(isMoment, "it takes a day that exists, and a zone only as Z or with minutes, such as +05:00"),
        ),
      ),
      admin: exactOptional(boolean("it takes true or false")),
    }),
    "it takes a list of tokens",
  ),
  minLength(1, "it takes at least one token; leave it out to serve everybody"),
);

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

/**
 * Whether a text in the form of a day or a moment is one. `Date` takes 31 February for 3 March, and knows not every form of
 * a zone: the token would be refused from the start, without a word.
 */
function isMoment(text: string): boolean {
  const [day = ""] = text.split(/[T ]/, 1);
  return !Number.isNaN(Date.parse(text)) && new Date(day).toISOString().startsWith(day);
}
