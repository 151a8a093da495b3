import type { IncomingMessage } from "node:http";
import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { StreamCsvError } from "../../errors.ts";
import type { AuthSettings, LinkSettings, TokenSettings } from "./access-settings.ts";
import { everyone, linkHolder, type Caller } from "./caller.ts";
import { JwtVerifier, looksLikeJwt } from "./jwt-verifier.ts";
import { isGoodLink } from "./signed-link.ts";
import { TokenBook } from "./token-book.ts";
import { unauthorized } from "./unauthorized.ts";

/** What a server accepts. Without any of it, it answers everyone. */
export interface AccessSettings {
  readonly tokens: readonly TokenSettings[] | null;
  readonly links: LinkSettings | null;
  readonly auth: AuthSettings | null;
}

/** Who may use a route: `anyone`; a `caller`, who has a token or a link; the holder of a `token`; or only an `admin`. */
export type Audience = "anyone" | "caller" | "token" | "admin";

/** The parts of a request that show who makes it. */
interface Request {
  readonly req: Pick<IncomingMessage, "method" | "headers" | "rawHeaders">;
  readonly path: string;
  /** The parameters of a signed link are removed from it. */
  readonly query: URLSearchParams;
  /** A token in a form, for browsers, whose downloads can't have headers (RFC 6750, section 2.2). */
  readonly formToken?: string | null;
}

const bearer = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;
const linkParameters = ["expires", "key", "signature"];

/** Decides who makes a request, and whether that one may use a route. */
export class AccessControl {
  #tokens: TokenBook | undefined;
  #keys: LinkSettings["keys"] = [];
  #jwt: JwtVerifier | undefined;
  readonly #log: Logger;
  readonly #clock: Clock;

  constructor(settings: AccessSettings, log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
    this.replace(settings);
  }

  /** Whether there is a token, or a JWT, that opens the server. */
  get takesTokens(): boolean {
    return this.#jwt !== undefined || (this.#tokens?.size ?? 0) > 0;
  }

  /** Takes other tokens and keys for the requests that follow. */
  replace({ tokens, links, auth }: AccessSettings): void {
    const isOpen = tokens === null && links === null && auth === null;
    this.#keys = links?.keys ?? [];
    this.#tokens = isOpen ? undefined : new TokenBook(tokens ?? []);
    // Keys that were fetched stay while nothing about them has changed.
    if (auth === null) this.#jwt = undefined;
    else if (this.#jwt?.isOf(auth.jwt) !== true)
      this.#jwt = new JwtVerifier(auth.jwt, this.#log, this.#clock);
  }

  /**
   * @returns who makes the request
   * @throws StreamCsvError `SCSV_UNAUTHORIZED`, `SCSV_LINK_INVALID`, `SCSV_FORBIDDEN`; none of them says what exactly
   *   is wrong; `SCSV_KEYS_UNAVAILABLE`
   */
  async admit(audience: Audience, request: Request, wallMs: number): Promise<Caller> {
    if (this.#tokens === undefined || audience === "anyone") return everyone;
    const caller = await this.#callerOf(this.#tokens, request, wallMs);
    const isFree = audience === "admin" ? caller.isAdmin : audience === "caller" || caller.hasTransfers;
    if (isFree) return caller;
    throw new StreamCsvError("SCSV_FORBIDDEN", "This request needs another token.");
  }

  async #callerOf(
    tokens: TokenBook,
    { req, path, query, formToken }: Request,
    wallMs: number,
  ): Promise<Caller> {
    if (this.#keys.length > 0 && query.has("signature")) {
      // A HEAD gives less than the GET that was signed.
      const isRead = req.method === "GET" || req.method === "HEAD";
      if (!isGoodLink(path, query, this.#keys, wallMs) || !isRead)
        throw new StreamCsvError("SCSV_LINK_INVALID", "The link was changed, or has expired.");
      for (const name of linkParameters) query.delete(name);
      return linkHolder;
    }
    const inForm = formToken == null ? "" : `Bearer ${formToken}`;
    const [, token] = bearer.exec(req.headers.authorization ?? inForm) ?? [];
    if (token !== undefined && !isTwice(req)) {
      const caller = tokens.find(token, wallMs);
      if (caller !== undefined) return caller;
      if (this.#jwt !== undefined && looksLikeJwt(token)) return await this.#jwt.verify(token, wallMs);
    }
    throw unauthorized();
  }
}

/** Node keeps the first of several Authorization lines, and a proxy may have looked at another one. */
function isTwice({ rawHeaders }: Pick<IncomingMessage, "rawHeaders">): boolean {
  const names = rawHeaders.filter((_, index) => index % 2 === 0);
  return names.filter((name) => name.toLowerCase() === "authorization").length > 1;
}
