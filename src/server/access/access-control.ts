import type { IncomingMessage } from "node:http";
import { StreamCsvError } from "../../errors.ts";
import type { LinkSettings, TokenSettings } from "./access-schema.ts";
import { everyone, linkHolder, type Caller } from "./caller.ts";
import { isGoodLink } from "./signed-link.ts";
import { TokenBook } from "./token-book.ts";

/** The tokens and links that a server accepts. Without both it answers everyone. */
export interface AccessSettings {
  readonly tokens: readonly TokenSettings[] | null;
  readonly links: LinkSettings | null;
}

/** Who may use a route: anyone, whoever has a token or a link, whoever has a token, or only an admin. */
export type Audience = "anyone" | "caller" | "token" | "admin";

/** The parts of a request that show who makes it. */
interface Request {
  readonly req: Pick<IncomingMessage, "method" | "headers" | "rawHeaders">;
  readonly path: string;
  /** The parameters of a signed link are removed from it. */
  readonly query: URLSearchParams;
}

const bearer = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;
const linkParameters = ["expires", "key", "signature"];

/** Decides who makes a request, and whether that one may use a route. */
export class AccessControl {
  #tokens: TokenBook | undefined;
  #keys: LinkSettings["keys"] = [];

  constructor(settings: AccessSettings) {
    this.replace(settings);
  }

  /** Takes other tokens and keys for the requests that follow. */
  replace({ tokens, links }: AccessSettings): void {
    this.#keys = links?.keys ?? [];
    this.#tokens = tokens === null && links === null ? undefined : new TokenBook(tokens ?? []);
  }

  /**
   * @returns who makes the request
   * @throws StreamCsvError `SCSV_UNAUTHORIZED`, `SCSV_LINK_INVALID`, `SCSV_FORBIDDEN`; none of them says what exactly
   *   is wrong
   */
  admit(audience: Audience, request: Request, wallMs: number): Caller {
    if (this.#tokens === undefined || audience === "anyone") return everyone;
    const caller = this.#callerOf(this.#tokens, request, wallMs);
    const isFree = audience === "admin" ? caller.isAdmin : audience === "caller" || caller.hasTransfers;
    if (isFree) return caller;
    throw new StreamCsvError("SCSV_FORBIDDEN", "This request needs another token.");
  }

  #callerOf(tokens: TokenBook, { req, path, query }: Request, wallMs: number): Caller {
    if (this.#keys.length > 0 && query.has("signature")) {
      // A HEAD gives less than the GET that was signed.
      const isRead = req.method === "GET" || req.method === "HEAD";
      if (!isGoodLink(path, query, this.#keys, wallMs) || !isRead)
        throw new StreamCsvError("SCSV_LINK_INVALID", "The link was changed, or has expired.");
      for (const name of linkParameters) query.delete(name);
      return linkHolder;
    }
    const [, token] = bearer.exec(req.headers.authorization ?? "") ?? [];
    const caller = token === undefined || isTwice(req) ? undefined : tokens.find(token, wallMs);
    if (caller === undefined)
      throw new StreamCsvError("SCSV_UNAUTHORIZED", "This request needs a valid token.");
    return caller;
  }
}

/** Node keeps the first of several Authorization lines, and a proxy may have looked at another one. */
function isTwice({ rawHeaders }: Pick<IncomingMessage, "rawHeaders">): boolean {
  const names = rawHeaders.filter((_, index) => index % 2 === 0);
  return names.filter((name) => name.toLowerCase() === "authorization").length > 1;
}
