import { getuid } from "node:process";
import type { Peer } from "./peer.ts";
import { askVersion, runProgram } from "./run-program.ts";
import { messageOf } from "../../src/ground.ts";

const installLimitMs = 600_000;

/**
 * Installs the Debian packages of peers without a runtime, if this process is root and has apt-get. Otherwise, or if
 * it fails, the peers stay absent, and the page says so. @param tell gets a line about each step, or why it is
 * skipped
 */
export async function installMissing(
  peers: readonly Peer[],
  tell: (sentence: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const versions = await Promise.all(peers.map((peer) => peer.findVersion(signal)));
  const missing = [
    ...new Set(peers.filter((_, index) => versions[index] === null).flatMap((peer) => peer.packages)),
  ];
  if (missing.length === 0) return;
  const packages = missing.join(" ");
  const canInstall = getuid?.() === 0 && (await askVersion(["apt-get", "--version"], signal)) !== null;
  if (!canInstall) {
    tell(`Not installed, since that takes root and apt-get: ${packages}.`);
    return;
  }
  tell(`Installing the Debian packages ${packages}.`);
  const options = { signal, timeoutMs: installLimitMs, environment: { DEBIAN_FRONTEND: "noninteractive" } };
  try {
    await runProgram(["apt-get", "update", "-qq"], options);
    await runProgram(["apt-get", "install", "-y", "-qq", "--no-install-recommends", ...missing], options);
  } catch (fault) {
    signal.throwIfAborted();
    tell(`They couldn't be installed: ${messageOf(fault).trim()}`);
  }
}
