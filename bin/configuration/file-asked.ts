import { resolve } from "node:path";
import { findConfiguration } from "./find-configuration.ts";

/**
 * What `--config FILE` and `--no-config` ask for, or else the configuration of the working directory.
 * @throws RangeError for an empty name
 */
export function fileAsked(asked: string | false | undefined): string | undefined {
  if (asked === false) return undefined;
  if (asked === "") throw new RangeError('--config "" names no file.');
  return asked === undefined ? findConfiguration(process.cwd()) : resolve(asked);
}
