import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { benchCommand } from "../../bin/command/bench.ts";
import { serveCommand } from "../../bin/command/serve.ts";
import { applyConfiguration } from "../../bin/configuration/apply-configuration.ts";
import { explain } from "../../bin/explain.ts";
import { runCli } from "../harness/cli.ts";
import { runCliInTurn } from "../harness/cli-in-turn.ts";

/** Stands wherever a password may, and in no output. */
const canary = "canary";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stream-csv-secrets-"));
});
after(() => rm(folder, { recursive: true, force: true }));

/** A configuration that can be used, with something at every place where a secret may be. */
function usable(): Record<string, unknown> {
  return {
    server: { port: 0, csv: { header: true }, http: { targetBytes: 200 } },
    databases: {
      shop: { url: "postgres://a@b/c", connections: 2, statementTimeout: "1h", role: "reader" },
    },
    exports: { a: { database: "shop", sql: "SELECT 1 AS n", freshness: "1s", deliveries: ["streaming"] } },
    tokens: [{ name: "acme", sha256: "0".repeat(64), exports: ["*"], slots: 1, rate: "1/s", admin: true }],
    links: { keys: [{ id: "k1", secret: "s" }] },
    auth: { jwt: { jwks: "https://issuer.example/keys", issuer: "i", audience: "a", parameters: {} } },
    jobs: { engine: "local", store: "folder", keep: "1h", concurrency: 1, queue: 1, region: "eu" },
    bench: {
      export: "a",
      header: ["A: b"],
      parameters: { x: 1 },
      targets: { go: { url: "http://127.0.0.1:1/", headers: { A: "b" }, env: { A: "b" } } },
    },
  };
}

/** Every place in a value: the keys that lead to it. */
function placesIn(value: unknown, keys: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [keys];
  return [keys, ...Object.entries(value).flatMap(([name, field]) => placesIn(field, [...keys, name]))];
}

function withValueAt(keys: readonly string[], value: unknown): unknown {
  const [last, ...outer] = keys.toReversed();
  if (last === undefined) return value;
  const configuration = usable();
  const parent = outer
    .toReversed()
    .reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, configuration);
  parent[last] = value;
  return configuration;
}

const urls = [
  `postgres://user:${canary}@host/db`,
  `redis://:${canary}@host`,
  `postgres://user:12/${canary}@host/db`,
  `postgres://user:#?${canary}@host/db`,
  `postgres://user:%${canary}@host/db`,
];
/** With a blank and a quote, which percent-encoding would have hidden; that is looked for only where passwords belong. */
const oddUrl = `postgres://user:"' ${canary}@host/db`;
const shapesOf = (text: string): readonly unknown[] => [text, [text], { [text.slice(0, 3)]: text }, [[text]]];
const secretGroups = new Set(["databases", "tokens", "links", "auth", "jobs"]);

function isSecret([group, setting]: readonly string[]): boolean {
  return (
    group === undefined ||
    secretGroups.has(group) ||
    (group === "bench" && [undefined, "header", "targets"].includes(setting))
  );
}

/** What a command that reads a configuration says of it, with the stack of the error. */
async function saidOf(command: "serve" | "bench", file: string): Promise<string> {
  const makers = {
    serve: () => Promise.resolve(serveCommand()),
    bench: () => Promise.resolve(benchCommand()),
  };
  try {
    const group = command === "serve" ? "server" : "bench";
    await applyConfiguration(await makers[command](), group, file, makers);
    return "";
  } catch (error) {
    return explain(error, "debug");
  }
}

describe("a password in the configuration is in no message", () => {
  for (const keys of placesIn(usable()))
    test(`with a value of a wrong shape at ${keys.join(".") || "the top"}`, async () => {
      const texts = isSecret(keys) ? [canary, oddUrl, ...urls] : urls;
      for (const value of texts.flatMap(shapesOf))
        // A module is imported, which takes longer than all else; behind that both take one way, so one URL is enough for it.
        for (const ending of value === urls[0] ? ["json", "mjs"] : ["json"]) {
          const content = JSON.stringify(withValueAt(keys, value));
          const file = join(folder, `${keys.length}-${Math.random()}.${ending}`);
          await writeFile(file, ending === "json" ? content : `export default ${content};`);
          for (const command of ["serve", "bench"] as const) {
            const said = await saidOf(command, file);
            assert.ok(!said.includes(canary), `${content}\n${said}`);
          }
        }
    });

  test("where each of these values is refused", async () => {
    // Otherwise the tests above could pass for want of messages. The settings of targets are checked by the run.
    const refused: string[] = [];
    for (const keys of placesIn(usable())) {
      const file = join(folder, "refused.json");
      await writeFile(file, JSON.stringify(withValueAt(keys, [[canary]])));
      if ((await saidOf(keys[0] === "bench" ? "bench" : "serve", file)) !== "") refused.push(keys.join("."));
    }
    assert.deepEqual(
      placesIn(usable())
        .map((keys) => keys.join("."))
        .filter((place) => !refused.includes(place)),
      ["bench.targets.go.url"],
    );
  });

  const broken: readonly (readonly [string, string, RegExp])[] = [
    [
      "json",
      `{ "databases": { "shop": { "url": "postgres://u:${canary}@h/d" x } } }`,
      /is not JSON: .* at position \d+\.|in line 1\./,
    ],
    ["json", `{\n"links": { "keys": [{ "id": "k", "secret": ${canary} }] } }`, /is not JSON: .* in line 2\./],
    ["yaml", `databases: { shop: { url: "${canary} }`, /is not YAML: .* in line 1\./],
    ["yaml", `links:\n  keys: [{ id: k, secret: *${canary} }]`, /can't be used: Unresolved alias/],
    ["yaml", `links:\n  keys: [{ id: k, secret: "x" ${canary} }]`, /is not YAML: .* in line 2\./],
    ["yaml", `links:\n  keys: [{ id: k, secret: @${canary} }]`, /is not YAML: .* in line 2\./],
    ["yaml", `links:\n  keys: [{ id: k, secret: "\\U${canary}" }]`, /is not YAML: .* in line 2\./],
    ["yaml", `links: &${canary} { keys: *${canary} }`, /can't be used: a value contains itself\./],
  ];
  for (const [ending, text, message] of broken)
    test(`in ${ending.toUpperCase()} that can't be read: ${text.replaceAll("\n", " ")}`, async () => {
      const file = join(folder, `broken.${ending}`);
      await writeFile(file, text);
      const said = await saidOf("serve", file);
      assert.match(said, message);
      assert.ok(!said.includes(canary), said);
    });

  const commands = [["serve"], ["bench"], ["export", "a"], ["check"], ["link", "/exports/a.csv"], ["work"]];
  const ofCommands: readonly unknown[] = [
    withValueAt(["databases", "shop"], urls[0]),
    withValueAt(["databases", "shop", "url"], urls[2]),
    withValueAt(["links", "keys"], { id: "k", secret: canary }),
    withValueAt(["jobs"], urls[1]),
  ];
  for (const args of commands)
    test(`of stream-csv ${args[0]}`, async () => {
      for (const content of ofCommands) {
        const file = join(folder, "of-commands.json");
        await writeFile(file, JSON.stringify(content));
        // One of them as a process of its own.
        const run = content === ofCommands[0] ? runCli : runCliInTurn;
        const { exitCode, stdout, stderr } = await run([...args, "--config", file, "--log-level", "debug"]);
        assert.equal(exitCode, 1);
        assert.match(stderr, /of-commands\.json"/);
        assert.ok(!`${stdout}${stderr}`.includes(canary), stderr);
      }
    });
});
