import { Command, Option } from "commander";
import { helpText } from "../help-text.ts";
import { didYouMean, parseDuration } from "../../src/ground.ts";
import { signLink } from "../../src/internal.ts";
import type { LoadedConfiguration } from "../configuration/load-configuration.ts";
import { flagParser, type GlobalFlags } from "../option.ts";
import { printText } from "../output.ts";

interface LinkFlags extends GlobalFlags {
  readonly configuration?: LoadedConfiguration;
  readonly expires: number;
  readonly key?: string;
}

const hourMs = 3_600_000;

/** `stream-csv link PATH`: signs a link with a key of the configuration. */
export function linkCommand(): Command {
  return new Command("link")
    .description("Make a signed link, which is good for this path and these parameters until it expires.")
    .argument("<path>", "path with its parameters, or a whole URL: '/exports/invoices.csv?customer=7'")
    .addOption(
      new Option("--expires <duration>", "how long the link is good")
        .argParser(flagParser(parseLife))
        .default(hourMs, "1h"),
    )
    .option("--key <id>", "id of the key that signs it (default: the first one of the configuration)")
    .action(async (path: string, _: unknown, self: Command) => {
      await printText(`${makeLink(path, self.optsWithGlobals<LinkFlags>())}\n`);
    })
    .addHelpText("after", moreHelp);
}

const moreHelp = helpText({
  examples: [
    "stream-csv link '/exports/invoices.csv?customer=7'",
    "stream-csv link 'https://exports.example.com/exports/invoices.csv?customer=7' --expires 24h",
    "stream-csv link /exports/orders.csv --key k1 --config production.yaml",
  ],
  sections: "An application signs links itself in ten lines of any language; the documentation has them.",
  docs: "docs/guides/links.md",
});

function makeLink(target: string, { configuration, expires, key: id }: LinkFlags): string {
  const keys = configuration?.configuration.links?.keys ?? [];
  const key = id === undefined ? keys[0] : keys.find((one) => one.id === id);
  if (key === undefined) {
    const ids = keys.map((one) => one.id);
    throw new Error(
      ids.length === 0
        ? "There is no key to sign with. Add one under links.keys of the configuration, or name a configuration with --config."
        : `There is no key ${JSON.stringify(id)}; there are ${ids.join(", ")}.${didYouMean(id ?? "", ids)}`,
    );
  }
  const [, origin = "", path = "", text = ""] =
    /^(https?:\/\/[^/?#]+)?(\/[^?#]*)(?:\?([^#]*))?$/i.exec(target) ?? [];
  if (path === "" || !isDecodable(path) || !isDecodable(text))
    throw new Error(
      `${JSON.stringify(target)} is not a path. Use one such as '/exports/invoices.csv?customer=7'.`,
    );
  const query = new URLSearchParams(text);
  const taken = ["expires", "key", "signature"].find((name) => query.has(name));
  if (taken !== undefined)
    throw new Error(`The path has the parameter "${taken}" already; links have their own.`);
  const expiresAt = Math.floor((Date.now() + expires) / 1000);
  return origin + signLink(path, query, key, expiresAt);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    // A percent sign without two digits behind it, or bytes that aren't UTF-8.
    return false;
  }
}

function parseLife(text: string): number {
  const lifeMs = parseDuration(text);
  if (lifeMs < 1000) throw new RangeError(`"${text}" is too short. Use 1s or more.`);
  return lifeMs;
}
