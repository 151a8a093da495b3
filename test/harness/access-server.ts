import { signLink } from "../../src/server/access/signed-link.ts";
import { digestOf } from "../../src/server/access/token-book.ts";
import { startServer, type RunningServer, type ServerOptions, type TokenSettings } from "../../src/server.ts";

const key = { id: "k1", secret: "a secret of thirty-two bytes, and more" };

/** A token of that text, with what differs from one that may do everything but an admin's part. */
export function token(text: string, rest: Partial<TokenSettings> = {}): TokenSettings {
  return { name: text, sha256: digestOf(text).toString("hex"), ...rest };
}

/** Signs a path as an application would. */
export function signed(path: string, lifeSeconds = 3600): string {
  const [name = "", query] = path.split("?");
  const expiresAt = Math.floor(Date.now() / 1000) + lifeSeconds;
  return signLink(name, new URLSearchParams(query), key, expiresAt);
}

/** Starts a server with these tokens and one key for links. */
export async function startGuarded(
  tokens: readonly TokenSettings[],
  settings: ServerOptions = {},
): Promise<RunningServer & AsyncDisposable> {
  const server = await startServer({
    port: 0,
    log: { level: "silent" },
    tokens,
    links: { keys: [key] },
    ...settings,
  });
  return Object.assign(server, {
    [Symbol.asyncDispose]: async () => {
      server.kill();
      await server.stopped;
    },
  });
}

/** The header of a token. */
export function bearer(text: string): { readonly headers: Readonly<Record<string, string>> } {
  return { headers: { Authorization: `Bearer ${text}` } };
}
