import { createHmac, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { JwtSettings } from "../../../src/server.ts";
import type { Chance } from "./chance.ts";

const issuer = "https://login.example";
const audience = "exports";
const kid = "k1";
const own = generateKeyPairSync("ec", { namedCurve: "P-256" });
const foreign = generateKeyPairSync("ec", { namedCurve: "P-256" });

/** What a JWT is made of. */
interface Parts {
  readonly header: unknown;
  readonly claims: unknown;
  readonly key: KeyObject;
}

/** How each kind of JWT differs from a good one; the signature is right unless the key is another. */
const wrong = {
  "another's key": () => ({ key: foreign.privateKey }),
  "another's key in the header": () => ({
    key: foreign.privateKey,
    header: { alg: "ES256", jwk: foreign.publicKey.export({ format: "jwk" }) },
  }),
  "another's address of keys": () => ({
    key: foreign.privateKey,
    header: { alg: "ES256", kid, jku: "http://127.0.0.1:9/keys", x5u: "http://127.0.0.1:9/" },
  }),
  "unknown key": (chance) => ({
    header: {
      alg: "ES256",
      kid: chance.pick(["k2", "", "__proto__", "../../etc/passwd", "k1\0", "k".repeat(2000)]),
    },
  }),
  "odd header": (chance) => ({
    header: chance.pick<unknown>([
      { alg: "RS256", kid },
      { alg: "ES384", kid },
      { alg: "", kid },
      { alg: ["ES256"], kid },
      { kid },
      { alg: "ES256", kid: 1 },
      { alg: "ES256", kid, crit: ["x"], x: 1 },
      { alg: "ES256", kid, b64: false, crit: ["b64"] },
      { __proto__: null, alg: "ES256", kid, zip: "DEF", crit: ["zip"] },
    ]),
  }),
  "odd time": (chance) => ({
    claims: {
      ...claimsNow(),
      ...chance.pick<object>([
        { exp: 1 },
        { exp: -1 },
        { exp: "9999999999" },
        { exp: null },
        { exp: undefined },
        { nbf: claimsNow().exp },
        { exp: {} },
      ]),
    },
  }),
  "odd claim": (chance) => ({
    claims: {
      ...claimsNow(),
      ...chance.pick<object>([
        { iss: "https://login.example/" },
        { iss: [issuer] },
        { aud: "other" },
        { aud: ["other"] },
        { aud: {} },
        { sub: "" },
        { sub: undefined },
        { sub: 7 },
        { sub: "u".repeat(256) },
      ]),
    },
  }),
  "odd claims": (chance) => ({
    claims: chance.pick<unknown>([null, [], "x", 7, `${"[".repeat(2000)}${"]".repeat(2000)}`]),
  }),
} as const satisfies Readonly<Record<string, (chance: Chance) => Partial<Parts>>>;

/** Kinds that aren't signed as they should be. */
const unsigned = ["no signature", "the public key as a secret"] as const;

type WrongJwt = keyof typeof wrong | (typeof unsigned)[number];

/** The kinds of JWT that are good for nothing. */
export const wrongJwts = [...unsigned, ...Object.keys(wrong)] as unknown as readonly [
  WrongJwt,
  ...WrongJwt[],
];

/** Makes a JWT of a kind. */
export function jwt(kind: "good" | WrongJwt, chance: Chance): string {
  if (kind === "no signature")
    return `${part({ alg: chance.pick(["none", "None", "NONE"]) })}.${part(claimsNow())}.`;
  if (kind === "the public key as a secret") {
    const secret = own.publicKey.export({ format: "pem", type: "spki" });
    const input = `${part({ alg: "HS256", kid })}.${part(claimsNow())}`;
    return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
  }
  const good: Parts = { header: { alg: "ES256", kid }, claims: claimsNow(), key: own.privateKey };
  const made: Parts = kind === "good" ? good : { ...good, ...wrong[kind](chance) };
  const input = `${part(made.header)}.${part(made.claims)}`;
  const signature = sign("sha256", Buffer.from(input), { key: made.key, dsaEncoding: "ieee-p1363" });
  return `${input}.${signature.toString("base64url")}`;
}

/** Serves the key of good JWTs; gives the settings of a server that trusts it, and how it is stopped. */
export async function startIssuer(): Promise<{ readonly settings: JwtSettings; stop(): Promise<void> }> {
  const keys = [{ ...own.publicKey.export({ format: "jwk" }), kid, alg: "ES256" }];
  const server = createServer((_, res) => {
    // A kept connection would be counted among what the attacks have left.
    res.writeHead(200, { "Content-Type": "application/json", Connection: "close" });
    res.end(JSON.stringify({ keys }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    settings: { jwks: `http://127.0.0.1:${port}/keys`, issuer, audience, exports: ["orders"] },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function claimsNow(): { readonly exp: number; readonly [claim: string]: unknown } {
  return { iss: issuer, aud: audience, sub: "u1", exp: Math.floor(Date.now() / 1000) + 3600 };
}

function part(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
}
