import { randomBytes } from "node:crypto";
import { Command } from "commander";
import { helpText } from "../help-text.ts";
import { digestOf } from "../../src/internal.ts";
import { printText } from "../output.ts";

const tokenBytes = 32;

/** `stream-csv token [NAME]`: makes a token, and the line for the configuration. */
export function tokenCommand(): Command {
  return new Command("token")
    .description(
      "Make a token: prints it once, and the line for the configuration, which has its SHA-256 only.",
    )
    .argument("[name]", "name of the token; two of one name allow rotation", "client")
    .action(async (name: string, _: unknown, self: Command) => {
      if (!/^[\w.@-]{1,100}$/.test(name)) {
        self.error(
          `error: ${JSON.stringify(name)} is not a name of a token. Use 1 to 100 letters, digits and any of . _ @ -`,
        );
      }
      const token = randomBytes(tokenBytes).toString("base64url");
      const sha256 = digestOf(token).toString("hex");
      // Quoted, because YAML takes some names and digests for numbers.
      const line = `- { name: "${name}", sha256: "${sha256}", exports: ["*"] }`;
      await printText(`${token}\n${line}\n`);
    })
    .addHelpText("after", moreHelp);
}

const moreHelp = helpText({
  examples: [
    "stream-csv token acme",
    ["stream-csv token acme | tail -n 1 >> tokens.yaml", "the line alone; the token itself is gone"],
    ["stream-csv token admin > admin-token.txt", "both lines in a file"],
  ],
  sections: `
The first line is the token, for Authorization: Bearer. It is kept nowhere. The second line belongs under tokens: in
stream-csv.yaml; exports, parameters, slots, rate, expires and admin say what the token may do.
`,
  docs: "docs/guides/security.md",
});
