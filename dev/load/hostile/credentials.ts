import type { JwtSettings } from "../../../src/server.ts";
import type { AccessSettings } from "../../../src/server/access/access-control.ts";
import { signLink } from "../../../src/server/access/signed-link.ts";
import { digestOf } from "../../../src/server/access/token-book.ts";

const token = "a-token-of-the-attacked-server";
const key = { id: "k1", secret: "a secret of thirty-two bytes, and more" };

/** The header of the token that may do everything. */
export const authorization = `Authorization: Bearer ${token}`;

/** The tokens and links of the attacked server, and the issuer whose JWTs it takes. */
export function accessWith(jwt: JwtSettings): AccessSettings {
  return {
    tokens: [{ name: "all", sha256: digestOf(token).toString("hex"), admin: true }],
    links: { keys: [key] },
    auth: { jwt },
  };
}

/** A link that is good for an hour. */
export function signed(path: string, query: string): string {
  return signLink(path, new URLSearchParams(query), key, Math.floor(Date.now() / 1000) + 3600);
}
