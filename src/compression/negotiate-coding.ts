import Negotiator from "negotiator";
import { brotli } from "./brotli.ts";
import type { Coding, CodingName } from "./coding.ts";
import { gzip } from "./gzip.ts";
import { zstd } from "./zstd.ts";

/** The codings that this Node supports. The one with the best ratio of savings to cost comes first. */
export const codings: readonly Coding[] = [zstd, brotli, gzip].filter((coding) => coding !== undefined);

/**
 * The coding that a client prefers by its Accept-Encoding (RFC 9110, section 12.5.3). Among equally preferred codings, the first
 * of `preferred`. Undefined for none: no header, `q=0`, or a preference for `identity`.
 */
export function negotiateCoding(
  acceptEncoding: string | undefined,
  preferred: readonly CodingName[] = codings.map(({ name }) => name),
): Coding | undefined {
  const available = codings.filter(({ name }) => preferred.includes(name));
  const names = [...preferred.filter((name) => available.some((coding) => coding.name === name)), "identity"];
  const headers = { "accept-encoding": acceptEncoding && withoutAliases(acceptEncoding) };
  const negotiator: PreferringNegotiator = new Negotiator({ headers });
  const [best] = negotiator.encodings(names, { preferred: names });
  return available.find(({ name }) => name === best);
}

/** RFC 9110, section 8.4.1.3: `x-gzip` means the same as `gzip`. */
function withoutAliases(acceptEncoding: string): string {
  return acceptEncoding
    .split(",")
    .map((entry) => {
      const [name = "", ...parameters] = entry.split(";");
      return name.trim().toLowerCase() === "x-gzip" ? ["gzip", ...parameters].join(";") : entry;
    })
    .join(",");
}

/** The types of negotiator 0.6 don't know the second argument, which 1.0 has: the server's own order. */
interface PreferringNegotiator {
  encodings(available: readonly string[], options: { readonly preferred: readonly string[] }): string[];
}
