import { toJsonSchema } from "@valibot/to-json-schema";
import { benchCommand } from "../../bin/command/bench.ts";
import { serveCommand } from "../../bin/command/serve.ts";
import { flagGroups } from "../../bin/configuration/apply-configuration.ts";
import { configurationSchema } from "../../bin/configuration/configuration-schema.ts";
import { makeProgram } from "../../bin/main.ts";

/** The JSON schema of the configuration, for editors, made of the schema that checks it. */
export async function configurationFile(): Promise<{ readonly path: string; readonly text: string }> {
  const makers = {
    serve: () => Promise.resolve(serveCommand()),
    bench: () => Promise.resolve(benchCommand()),
  };
  const schema = configurationSchema(await flagGroups(makers, makeProgram().options), false);
  const json = toJsonSchema(schema, { typeMode: "input", errorMode: "ignore" });
  return {
    path: "docs/reference/config.schema.json",
    text: `${JSON.stringify({ title: "The configuration of stream-csv", ...json }, null, 2)}\n`,
  };
}
