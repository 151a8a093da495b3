import { resolve } from "node:path";
import { parseArgs } from "node:util";

export const usage = `Usage: npm run faults -- [--minutes 10] [--seed N] [--proxy nginx] [--only NAME[,NAME…]] [--clients 12] [--program FILE]

  --minutes N      how long to inject faults
  --seed N         what the run's choices follow from; a random one where none is given
  --proxy nginx    let a third as many clients come through nginx, by two configurations
  --only NAMES     inject only these faults
  --clients N      direct clients at the same time
  --program FILE   another compiled stream-csv than this one
`;

/** The options of the command line. */
export interface Options {
  readonly minutes: number;
  readonly seed: number;
  readonly proxy: "nginx" | undefined;
  readonly only: readonly string[];
  readonly clients: number;
  readonly program: string | undefined;
}

/** @throws Error for an unusable option */
export function parseOptions(args: readonly string[], randomSeed: () => number): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: "string", default: "10" },
      seed: { type: "string" },
      proxy: { type: "string" },
      only: { type: "string" },
      clients: { type: "string", default: "12" },
      program: { type: "string" },
    },
  });
  const { proxy, only = "" } = values;
  if (proxy !== undefined && proxy !== "nginx")
    throw new RangeError(`--proxy "${proxy}" is not known. Use nginx, or leave it out.`);
  return {
    minutes: numberOf("--minutes", values.minutes, 0.1, 24 * 60),
    seed: values.seed === undefined ? randomSeed() : wholeOf("--seed", values.seed, 0, 2 ** 32 - 1),
    proxy,
    only: only
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
    clients: wholeOf("--clients", values.clients, 1, 64),
    // The server is started in another folder.
    program: values.program === undefined ? undefined : resolve(values.program),
  };
}

function wholeOf(flag: string, text: string, least: number, most: number): number {
  const value = numberOf(flag, text, least, most);
  if (Number.isInteger(value)) return value;
  throw new RangeError(`${flag} "${text}" is not a whole number.`);
}

function numberOf(flag: string, text: string, least: number, most: number): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (value >= least && value <= most) return value;
  throw new RangeError(`${flag} "${text}" is not a number from ${least} to ${most}.`);
}
