import { statSync } from "node:fs";
import type { Configuration, ServerSettings } from "../src/server.ts";
import type { LoadedConfiguration } from "./configuration/load-configuration.ts";
import { messageOf } from "../src/ground.ts";
import { withoutUserInfo } from "./without-user-info.ts";

/** How often the configuration is looked at. */
const lookAgainMs = 1000;

/** What a configuration says of who may ask. */
type Access = Pick<ServerSettings, "tokens" | "links" | "auth">;

/** What a configuration says of who may ask, as a server takes them. */
export function accessOf({ tokens, links, auth }: Configuration): Access {
  return { tokens: tokens ?? null, links: links ?? null, auth: auth ?? null };
}

/**
 * Reads the configuration again whenever its file has changed, so that tokens and keys can be replaced without a restart. A
 * module is read only once. What can't be used is reported on standard error, and the earlier tokens and links stay.
 * @returns a function that ends it
 */
export function watchAccess(
  { file, reload }: LoadedConfiguration,
  replace: (access: Access) => void,
): () => void {
  let stamp = stampOf(file);
  const look = async (): Promise<void> => {
    try {
      const current = stampOf(file);
      // An editor may take the file away for a moment.
      if (current === stamp || current === undefined) return;
      stamp = current;
      replace(accessOf(await reload()));
    } catch (error) {
      const reason = withoutUserInfo(messageOf(error));
      process.stderr.write(`error: the tokens and links stay as they were: ${reason}\n`);
    }
  };
  const timer = setInterval(() => void look(), lookAgainMs).unref();
  return () => clearInterval(timer);
}

function stampOf(file: string): string | undefined {
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? undefined : `${stats.ino}-${stats.size}-${stats.mtimeNs}-${stats.ctimeNs}`;
}
