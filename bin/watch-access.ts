import type { Configuration, ServerSettings } from "../src/server.ts";
import { configurationStamp } from "./configuration/configuration-stamp.ts";
import type { LoadedConfiguration } from "./configuration/load-configuration.ts";
import { messageOf, systemClock } from "../src/ground.ts";
import { visibleText } from "./visible-text.ts";
import { withoutUserInfo } from "./without-user-info.ts";

/** How often the configuration is looked at. */
const lookAgainMs = 1000;
/** Reading a large configuration takes a second of processor time, and one with a mistake in it may stay for days. */
const longestWaitMs = 60_000;

/** What a configuration says of who may ask. */
type Access = Pick<ServerSettings, "tokens" | "links" | "auth">;

/** What a configuration says of who may ask, as a server takes them. */
export function accessOf({ tokens, links, auth }: Configuration): Access {
  return { tokens: tokens ?? null, links: links ?? null, auth: auth ?? null };
}

/** A configuration that couldn't be used, and when it is tried again. */
interface Failed {
  readonly stamp: string;
  readonly waitMs: number;
  readonly againAtMs: number;
}

/**
 * Reads the configuration again whenever its file has changed since it was read first, so that tokens and keys can be replaced
 * without a restart. A module is read only once. What can't be used is reported once on standard error and tried again, less and
 * less often, and the earlier tokens and links stay. So they do when nothing of them is left: a file that is empty, or half
 * written, must not open the server to everybody.
 * @returns a function that ends it
 */
export function watchAccess(
  { file, stamp: readStamp, configuration, reload }: LoadedConfiguration,
  replace: (access: Access) => void,
): () => void {
  let stamp = readStamp;
  let access = accessOf(configuration);
  let failed: Failed | undefined;
  let isLooking = false;
  const look = async (): Promise<void> => {
    const current = configurationStamp(file);
    // An editor may take the file away for a moment.
    if (isLooking || current === stamp || current === undefined) return;
    const earlier = failed?.stamp === current ? failed : undefined;
    if (earlier !== undefined && systemClock.nowMs() < earlier.againAtMs) return;
    isLooking = true;
    try {
      const next = accessOf(await reload());
      if (isOpen(next) && !isOpen(access)) throw new Error(openedMessage(file));
      replace(next);
      access = next;
      stamp = current;
    } catch (error) {
      const reason = visibleText(withoutUserInfo(messageOf(error)));
      if (earlier === undefined)
        process.stderr.write(`error: the tokens and links stay as they were: ${reason}\n`);
      // It may be that only now no descriptor is left, or that the disk doesn't answer.
      const waitMs = earlier === undefined ? lookAgainMs : Math.min(2 * earlier.waitMs, longestWaitMs);
      failed = { stamp: current, waitMs, againAtMs: systemClock.nowMs() + waitMs };
    } finally {
      isLooking = false;
    }
  };
  const timer = setInterval(() => void look(), lookAgainMs).unref();
  return () => clearInterval(timer);
}

function isOpen({ tokens, links, auth }: Access): boolean {
  return tokens === null && links === null && auth === null;
}

function openedMessage(file: string): string {
  return `"${file}" has no "tokens", "links" or "auth" any more, so everyone could read every export. To remove the protection, restart the server.`;
}
