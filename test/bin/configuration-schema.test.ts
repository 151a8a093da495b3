import assert from "node:assert/strict";
import { test } from "node:test";
import { toJsonSchema } from "@valibot/to-json-schema";
import { Option } from "commander";
import { benchCommand } from "../../bin/command/bench.ts";
import { serveCommand } from "../../bin/command/serve.ts";
import { configurationSchema, type FlagGroups } from "../../bin/configuration/configuration-schema.ts";

interface Described {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Described>>;
}

function described(groups: FlagGroups): Readonly<Record<string, Described>> {
  const schema = toJsonSchema(configurationSchema(groups, false), { typeMode: "input", errorMode: "ignore" });
  return schema.properties as Readonly<Record<string, Described>>;
}

const ofProgram = [new Option("--no-color", "no colour"), new Option("--no-progress", "no progress bar")];
const groups: FlagGroups = {
  server: { options: [...serveCommand().options, ...ofProgram], own: [] },
  bench: { options: [...benchCommand().options, ...ofProgram], own: [] },
};

test("the schema says what true means of a setting whose flag means false", () => {
  const properties = described(groups);
  let negated = 0;
  for (const group of ["server", "bench"] as const)
    for (const option of groups[group].options.filter(({ negate }) => negate)) {
      negated += 1;
      const setting = properties[group]?.properties?.[option.attributeName()];
      assert.equal(setting?.type, "boolean");
      assert.match(setting.description ?? "", /^whether /, option.long);
    }
  assert.equal(negated, 5);
});

test("a flag that means false can't get into the schema without a description of true", () => {
  const options = [new Option("--no-new-thing", "leave the new thing out")];
  assert.throws(() => described({ ...groups, server: { options, own: [] } }), {
    message: "--no-new-thing needs a description of what true means.",
  });
});
