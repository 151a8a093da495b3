import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from "jose";
import type { JwtSettings } from "../../src/server.ts";

/** What differs from a token that is good. */
export interface TokenWish {
  readonly alg?: string;
  /** The id in the header, which is then that of the key too; with null the header has none. */
  readonly kid?: string | null;
  readonly issuer?: string;
  readonly audience?: string | readonly string[];
  /** Seconds from now. */
  readonly expiresIn?: number | null;
  readonly notBeforeIn?: number;
  readonly subject?: string | null;
  readonly claims?: Readonly<Record<string, unknown>>;
}

interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

/** An issuer of JWTs: its keys, and a server that has the public ones. */
export class JwtIssuer implements AsyncDisposable {
  readonly #server: Server;
  readonly #origin: string;
  readonly #keys = new Map<string, CryptoKey>();
  #published: JWK[] = [];
  /** Answers to requests for the keys so far. */
  fetches = 0;
  /** The status of such an answer. */
  status = 200;
  /** The body of such an answer instead of the keys. */
  body: string | undefined;
  /** Answers in its place. */
  answer: RequestListener | undefined;

  private constructor(tls: TlsPair | undefined) {
    const answer: RequestListener = (req, res) => {
      this.fetches += 1;
      if (this.answer !== undefined) {
        this.answer(req, res);
        return;
      }
      res.writeHead(this.status, { "Content-Type": "application/json", Connection: "close" });
      res.end(this.body ?? JSON.stringify({ keys: this.#published }));
    };
    this.#server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
    this.#origin = tls === undefined ? "http://127.0.0.1" : "https://127.0.0.1";
  }

  /**
   * Starts an issuer with one key of each of these algorithms, named like it.
   * @param tls a certificate and its key, for an issuer that answers over HTTPS
   */
  static async start(algorithms: readonly string[] = ["ES256"], port = 0, tls?: TlsPair): Promise<JwtIssuer> {
    const issuer = new JwtIssuer(tls);
    for (const alg of algorithms) await issuer.addKey(alg, alg);
    await new Promise<void>((resolve) => issuer.#server.listen(port, "127.0.0.1", resolve));
    return issuer;
  }

  get settings(): JwtSettings {
    const { port } = this.#server.address() as AddressInfo;
    return { jwks: `${this.#origin}:${port}/keys`, issuer: "https://login.example", audience: "exports" };
  }

  /** Makes a key and publishes its public part. */
  async addKey(alg: string, kid: string): Promise<JWK> {
    const { publicKey, privateKey } = await generateKeyPair(alg);
    const jwk = { ...(await exportJWK(publicKey)), kid, alg };
    this.#keys.set(kid, privateKey);
    this.#published.push(jwk);
    return jwk;
  }

  /** Publishes this key no longer. */
  retire(kid: string): void {
    this.#published = this.#published.filter((jwk) => jwk.kid !== kid);
  }

  /** The public part of a key, as it is published. */
  published(kid: string): JWK {
    return this.#published.find((jwk) => jwk.kid === kid) ?? {};
  }

  async sign(wish: TokenWish = {}): Promise<string> {
    const { alg = "ES256", kid, issuer, audience, expiresIn = 60, notBeforeIn, subject = "u1" } = wish;
    const id = kid ?? alg;
    const key = this.#keys.get(id);
    if (key === undefined) throw new Error(`there is no key ${id}`);
    const now = Math.floor(Date.now() / 1000);
    const jwt = new SignJWT({ ...wish.claims })
      .setProtectedHeader(kid === null ? { alg } : { alg, kid: id })
      .setIssuer(issuer ?? this.settings.issuer)
      .setAudience(typeof audience === "object" ? [...audience] : (audience ?? this.settings.audience));
    if (expiresIn !== null) jwt.setExpirationTime(now + expiresIn);
    if (notBeforeIn !== undefined) jwt.setNotBefore(now + notBeforeIn);
    if (subject !== null) jwt.setSubject(subject);
    return await jwt.sign(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
