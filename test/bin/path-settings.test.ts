import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import type { Command } from "commander";
import { benchCommand } from "../../bin/command/bench.ts";
import { serveCommand } from "../../bin/command/serve.ts";
import { applyConfiguration } from "../../bin/configuration/apply-configuration.ts";
import type { LoadedConfiguration } from "../../bin/configuration/load-configuration.ts";
import { pathSettings } from "../../bin/configuration/path-settings.ts";
import { runCliInTurn } from "../harness/cli-in-turn.ts";

const makers = {
  serve: () => Promise.resolve(serveCommand()),
  bench: () => Promise.resolve(benchCommand()),
};

let folder = "";
/** The folder of the configurations, which isn't the working directory. */
let sub = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stream-csv-paths-"));
  sub = join(folder, "sub");
  await mkdir(sub);
  await writeFile(join(sub, "people"), "name\nAda\n");
});
after(() => rm(folder, { recursive: true, force: true }));

/** What a command's flags are with a configuration in `sub`. */
async function flagsWith(
  name: "serve" | "bench",
  configuration: object,
): Promise<Readonly<Record<string, unknown>>> {
  const file = join(sub, "b.json");
  await writeFile(file, JSON.stringify(configuration));
  const command = await makers[name]();
  await applyConfiguration(command, name === "serve" ? "server" : "bench", file, makers);
  return command.opts();
}

test("every flag of serve and bench that takes a file, a folder or a module is in the table of paths", () => {
  const takesPath = ({ flags }: Command["options"][number]): boolean =>
    /<(?:[^>]*[|=])?(?:file|folder|module)>/.test(flags);
  const options = [...serveCommand().options, ...benchCommand().options];
  assert.deepEqual(
    options
      .filter(takesPath)
      .map((option) => option.attributeName())
      .toSorted(),
    Object.keys(pathSettings).toSorted(),
  );
});

test("paths of the server begin at the folder of the configuration", async () => {
  const flags = await flagsWith("serve", {
    server: { spoolDir: "spool", tlsCert: "../cert.pem", tlsKey: "/etc/key.pem", tracing: "./tracing.mjs" },
  });
  const at = (name: string): string => resolve(String(flags[name]));
  assert.equal(at("spoolDir"), join(sub, "spool"));
  assert.equal(at("tlsCert"), join(folder, "cert.pem"));
  assert.equal(flags["tlsKey"], "/etc/key.pem");
  assert.equal(at("tracing"), join(sub, "tracing.mjs"));
});

test("paths of the bench begin at the folder of the configuration, and standard output isn't a path", async () => {
  const flags = await flagsWith("bench", {
    bench: {
      baseline: "base.json",
      saveBaseline: "base.json",
      output: ["json=r.json", "csv=-", "html=/tmp/r.html"],
    },
  });
  assert.equal(resolve(String(flags["baseline"])), join(sub, "base.json"));
  assert.equal(flags["saveBaseline"], flags["baseline"]);
  const [json, ...others] = flags["output"] as readonly { readonly format: string; readonly file: string }[];
  assert.equal(resolve(json?.file ?? ""), join(sub, "r.json"));
  assert.deepEqual(others, [
    { format: "csv", file: "-" },
    { format: "html", file: "/tmp/r.html" },
  ]);
});

test("one output needs no list, and two of one file are refused as on the command line", async () => {
  const { output } = await flagsWith("bench", { bench: { output: "junit=-" } });
  assert.deepEqual(output, [{ format: "junit", file: "-" }]);
  await assert.rejects(flagsWith("bench", { bench: { output: ["json=r", "csv=r"] } }), {
    message: /"bench\.output" in ".*" can't be used: ".*r" can take one report, but gets json and csv\./,
  });
});

const exported = [
  ["a file by its ending", "data.csv"],
  ["a compressed file by its endings", "data.ndjson.GZ"],
  ["a file in a folder", "in/data"],
  ["a file that exists", "people"],
] as const;
for (const [what, name] of exported)
  test(`the export to measure is ${what}, beside the configuration`, async () => {
    const flags = await flagsWith("bench", { bench: { export: name } });
    assert.equal(resolve(String(flags["export"])), join(sub, name));
  });

for (const name of ["wide", "people", "people.csv"])
  test(`the export to measure is "${name}" of the configuration, and no file`, async () => {
    const exports = name === "wide" ? {} : { [name]: { file: "people.csv" } };
    const flags = await flagsWith("bench", { exports, bench: { export: name } });
    assert.equal(flags["export"], name);
    const { sources } = flags["configuration"] as LoadedConfiguration;
    assert.equal(sources.length, Object.keys(exports).length);
  });

test("bench says of a compressed file that is missing that it is missing", async () => {
  const { exitCode, stderr } = await runCliInTurn(["bench", "--export", "missing.csv.zst"], { cwd: folder });
  assert.match(stderr, /The file "missing\.csv\.zst" does not exist\./);
  assert.equal(exitCode, 1);
});

test("bench looks for its baseline beside a configuration that is elsewhere", async () => {
  await writeFile(join(sub, "b.yaml"), "bench: { baseline: base.json }\n");
  const { exitCode, stderr } = await runCliInTurn(["bench", "--config", "sub/b.yaml"], { cwd: folder });
  assert.match(stderr, /The baseline "sub\/base\.json" can't be read: ENOENT/);
  assert.equal(exitCode, 1);
});

test("certificates in the URL of a database are beside the configuration", async () => {
  await writeFile(join(sub, "ca.pem"), "-----BEGIN CERTIFICATE-----\n");
  const url = "postgres://u@h/d?sslmode=verify-full&sslrootcert=ca.pem";
  const flags = await flagsWith("serve", { databases: { shop: { url } } });
  const { configuration } = flags["configuration"] as LoadedConfiguration;
  assert.equal(
    configuration.databases?.["shop"]?.url,
    `postgres://u@h/d?sslmode=verify-full&sslrootcert=${encodeURIComponent(join(sub, "ca.pem"))}`,
  );
});
