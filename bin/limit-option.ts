import { Option } from "commander";
import { formatBytes } from "../src/ground.ts";

/** A flag for a size in bytes, whose default the help shows with a unit. */
export function sizeOption(
  flags: string,
  description: string,
  bytes: number,
  parse: (text: string) => number,
): Option {
  return new Option(flags, description).argParser(parse).default(bytes, formatBytes(bytes));
}

/** A flag for a duration in milliseconds, whose default the help shows in seconds. */
export function durationOption(
  flags: string,
  description: string,
  milliseconds: number,
  parse: (text: string) => number,
): Option {
  return new Option(flags, description).argParser(parse).default(milliseconds, `${milliseconds / 1000}s`);
}
