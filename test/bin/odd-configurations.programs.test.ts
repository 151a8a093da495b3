import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { runCliInTurn } from "../harness/cli-in-turn.ts";
import { cliPath } from "../harness/cli.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "odd-configurations-"));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Configurations that no command can use, and what is said of each. */
const refused: readonly (readonly [what: string, content: string | Buffer, said: RegExp])[] = [
  ["a port that is none", "server: { port: x }", /"server\.port" in ".*" can't be used: "x" is not a port/],
  ["a size that is none", "server: { spoolSize: lots }", /"server\.spoolSize" .* "lots" is not a size/],
  ["a log level that is none", "server: { logLevel: loud }", /"server\.logLevel" .* "loud" is not one of/],
  ["a host with a space", 'server: { allowedHosts: ["a b"] }', /"server\.allowedHosts" .*"a b"/],
  ["a dialect that is none", "server: { csv: { dialect: dos } }", /"server\.csv" .*dos/],
  ["a certificate without a key", "server: { tlsCert: a.pem }", /--tls-cert needs --tls-key/],
  ["slots of sync workers", "server: { workerModel: sync, slots: 2 }", /--slots 2 can't be used/],
  ["an alias inside its anchor", "a: &x [*x]", /can't be used: a value contains itself/],
  ["an alias inside its anchor, twice", "exports: &x { a: { b: *x, c: *x } }", /a value contains itself/],
  ["aliases that multiply", `a: &a [1]\n${multiplying()}`, /Excessive alias count/],
  [
    "an alias as a name",
    "exports: { &a a: { file: a.csv }, *a : { file: b.csv } }",
    /can't be used: a name is an alias, a list or an object in line 1\./,
  ],
  [
    "a list as a name",
    "exports:\n  ? [a, b]\n  : { file: a.csv }\n",
    /can't be used: a name is .* in line 2\./,
  ],
  [
    "a second document",
    "exports: {}\n---\ntokens: []\n",
    /can't be used: a second document begins in line 2\./,
  ],
  [
    "an export with a name that is lost",
    "exports: { constructor: { file: a.csv } }",
    lostName("exports.constructor"),
  ],
  [
    "a parameter with a name that is lost",
    "exports: { a: { file: a.sqlite, sql: 'SELECT :__proto__ AS p', parameters: { __proto__: { type: text } } } }",
    lostName("exports.a.parameters.__proto__"),
  ],
  [
    "a database with a name that is lost",
    "databases: { prototype: { url: 'postgres://a@b' } }",
    lostName("databases.prototype"),
  ],
  [
    "a value of a token with a name that is lost",
    `tokens: [{ name: a, sha256: ${"0".repeat(64)}, parameters: { constructor: 7 } }]`,
    lostName("tokens.0.parameters.constructor"),
  ],
  ["UTF-16 with a mark", Buffer.from("\ufeffserver: {}", "utf16le"), /is not UTF-8 text/],
  ["UTF-16 without a mark", Buffer.from("server: {}", "utf16le"), /is not UTF-8 text/],
  ["Latin-1", Buffer.from("server: { host: caf\xe9 }", "latin1"), /is not UTF-8 text/],
];

function lostName(path: string): RegExp {
  return new RegExp(`"${path.replaceAll(".", "\\.")}" in ".*" can't have this name, .* Use another one\\.`);
}

/** Files with a query that no database may get, and what is said of each. */
const refusedQueries: readonly (readonly [what: string, content: Buffer, said: RegExp])[] = [
  [
    "Latin-1",
    Buffer.from("SELECT 'caf\xe9' AS name", "latin1"),
    /which is not UTF-8 text; save it as UTF-8\./,
  ],
  ["UTF-16", Buffer.from("\ufeffSELECT 1 AS n", "utf16le"), /which is not UTF-8 text; save it as UTF-8\./],
  ["nothing", Buffer.from("\n"), /which is empty\./],
];
for (const [what, content, said] of refusedQueries)
  test(`a file of a query that holds ${what} is refused with a sentence`, async () => {
    await writeFile(join(folder, "query.sql"), content);
    const file = join(folder, "query.yaml");
    await writeFile(file, "exports:\n  cities: { file: shop.sqlite, sqlFile: query.sql }\n");
    const { exitCode, stderr } = await runCliInTurn(["check", "--config", file]);
    assert.equal(exitCode, 1);
    assert.match(stderr, /"exports\.cities" in ".*" has the sqlFile "query\.sql", /);
    assert.match(stderr, said);
  });

/** Each list holds the one before nine times. */
function multiplying(): string {
  const names = "abcdefgh".split("");
  return names
    .slice(1)
    .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${names[index]}`).join(", ")}]\n`)
    .join("");
}

for (const [index, [what, content, said]] of refused.entries()) {
  test(`check and serve refuse ${what}, and name the file or the flag`, async () => {
    const file = join(folder, `${index}.yaml`);
    await writeFile(file, content);
    for (const command of [["check"], ["serve"]]) {
      const { exitCode, stderr, stdout } = await runCliInTurn([...command, "--config", file]);
      assert.match(stderr, said);
      assert.equal(stdout, "");
      assert.ok(stderr.includes(file) || stderr.includes("--"), stderr);
      assert.doesNotMatch(stderr, /^\s+at |call stack/m);
      assert.equal(exitCode, 1);
    }
  });
}

async function refusesRepeatedName(file: string, content: string, line: number): Promise<void> {
  await writeFile(file, content);
  const { exitCode, stderr } = await runCliInTurn(["check", "--config", file]);
  assert.equal(
    stderr,
    `error: The configuration "${file}" can't be used: an object has a name twice, the second time in line ${line}.\n`,
    content,
  );
  assert.equal(exitCode, 1);
}

test("a name that an object of JSON has twice is refused with its line, as it is in YAML", async () => {
  const file = join(folder, "twice.json");
  const fields = ['"a": { "file": "a.csv" }', '"b": { "file": "b.csv" }'];
  const contents: readonly (readonly [content: string, line: number])[] = [
    [`{\n\t"exports": { ${fields[0]} },\n\t"exports": { ${fields[1]} }\n}`, 3],
    [`{\n  "exports": {\n    ${fields.join(",\n    ")},\n    ${fields[0]}\n  }\n}`, 5],
    ['{ "links": { "keys": [{ "id": "a:b", "i\\u0064": "{" }] } }', 1],
  ];
  for (const [content, line] of contents) await refusesRepeatedName(file, content, line);
});

test("JSON may have one name in several objects, and texts like names", async () => {
  const file = join(folder, "single.json");
  await writeFile(join(folder, "a.csv"), "a\n1\n");
  const one = { file: "a.csv", description: 'file": "{' };
  await writeFile(file, JSON.stringify({ exports: { a: one, file: one } }));
  const { exitCode, stdout, stderr } = await runCliInTurn(["check", "--config", file]);
  assert.equal(stderr, "");
  assert.match(stdout, /^ {2}a {5}csv .*\n {2}file {2}csv /m);
  assert.equal(exitCode, 0);
});

test("an export of YAML has the name that is written, also where that is a number", async () => {
  const file = join(folder, "numbers.yaml");
  await writeFile(join(folder, "a.csv"), "a\n1\n");
  await writeFile(file, "exports: { 007: { file: a.csv }, 1.50: { file: a.csv }, null: { file: a.csv } }");
  const { stdout, stderr } = await runCliInTurn(["check", "--config", file]);
  assert.equal(stderr, "");
  assert.deepEqual(stdout.match(/^ {2}\S+/gm), ["  007", "  1.50", "  null"]);
});

test("YAML may merge what another export says", async () => {
  const file = join(folder, "merged.yaml");
  await writeFile(join(folder, "semicolons.csv"), "a;b\n1;2\n");
  const both = "  one: &one { file: semicolons.csv, delimiter: ';' }\n  two: { <<: *one, header: false }\n";
  await writeFile(file, `exports:\n${both}`);
  const { stdout, stderr } = await runCliInTurn(["export", "two", "--config", file]);
  assert.equal(stderr, "");
  assert.equal(stdout, "column0,column1\r\na,b\r\n1,2\r\n");
});

test("a name that a map of YAML has twice is refused with its line, however it is written", async () => {
  const file = join(folder, "twice.yaml");
  const a = "{ file: a.csv }";
  const contents: readonly (readonly [content: string, line: number])[] = [
    [`exports:\n  a: ${a}\nexports:\n  b: ${a}\n`, 3],
    [`exports:\n  a: ${a}\n\n  "a": ${a}\n`, 4],
    [`exports:\r\n  1: ${a}\r\n  "1": ${a}\r\n`, 3],
    [`exports:\n  ? ~\n  : ${a}\n  "~": ${a}\n`, 4],
    [`exports: { a: ${a},\n  ? a\n  : ${a} }\n`, 2],
    [`links: { keys: [{ id: a,\n id: b }] }\n`, 2],
  ];
  for (const [content, line] of contents) await refusesRepeatedName(file, content, line);
});

test("maps of YAML may merge others, and have names in common with them", async () => {
  const file = join(folder, "merging.yaml");
  await writeFile(join(folder, "merged.csv"), "n\n1\n");
  await writeFile(
    file,
    `%YAML 1.1
---
exports:
  a: &a { file: merged.csv, description: A }
  b: &b { <<: *a, description: B }
  c: { <<: *a, <<: *b, header: true }
`,
  );
  const { exitCode, stderr } = await runCliInTurn(["check", "--config", file]);
  assert.equal(stderr, "");
  assert.equal(exitCode, 0);
});

test("a freshness or time-out that is a number is refused, since it takes a duration", async () => {
  const places = [
    [
      "exports: { a: { file: a.csv, freshness: 60 } }",
      /"exports\.a\.freshness" in ".*" is 60; it takes a duration, such as/,
    ],
    [
      "databases: { shop: { url: postgres://u@h/d, statementTimeout: 0 } }",
      /"databases\.shop\.statementTimeout" in ".*" is a number; it takes a duration, such as/,
    ],
  ] as const;
  const file = join(folder, "durations.yaml");
  for (const [content, said] of places) {
    await writeFile(file, content);
    const { exitCode, stderr } = await runCliInTurn(["check", "--config", file]);
    assert.match(stderr, said);
    assert.equal(exitCode, 1);
  }
});

for (const ending of ["ts", "cjs"]) {
  test(`a configuration that ends in .${ending} is refused, found or named, and not read as YAML`, async () => {
    const own = await mkdtemp(join(folder, "module-"));
    const file = join(own, `stream-csv.config.${ending}`);
    await writeFile(file, "export default { exports: {} };");
    for (const args of [["check"], ["serve", "--port", "0"], ["check", "--config", file]]) {
      const { exitCode, stderr } = await runCliInTurn(args, { cwd: own });
      assert.match(stderr, /stream-csv\.config\.\w+" can't be used: .* ends in \.js or \.mjs\./);
      assert.equal(exitCode, 1);
    }
  });
}

test("check refuses a value of bench", async () => {
  const file = join(folder, "bench.yaml");
  await writeFile(file, "bench: { rounds: x }");
  const { exitCode, stderr } = await runCliInTurn(["check", "--config", file]);
  assert.match(stderr, /"bench\.rounds" in ".*" can't be used: "x" is not a whole number/);
  assert.equal(exitCode, 1);
});

test("check takes what serve and bench take, and isn't changed by it itself", async () => {
  const file = join(folder, "good.yaml");
  const server =
    "server: { logLevel: silent, workers: 2, workerModel: sync, port: 8080, csv: { dialect: unix } }";
  await writeFile(file, `\ufeff${server}\nbench: { rounds: 5 }\nexports: { a: { file: missing.csv } }\n`);
  const { exitCode, stderr } = await runCliInTurn(["check", "--config", file]);
  assert.match(stderr, /missing\.csv/);
  assert.equal(exitCode, 1);
});

for (const args of [["check"], ["serve"], ["export", "missing.csv"]]) {
  test(`${args[0]} in a working directory that was removed says so`, () => {
    const script = 'cd "$1" && rmdir "$1" && shift && exec "$@"';
    const gone = mkdtempSync(join(folder, "gone-"));
    const { status, stderr } = spawnSync(
      "sh",
      ["-c", script, "sh", gone, process.execPath, cliPath, ...args],
      { encoding: "utf8" },
    );
    assert.equal(
      stderr,
      "error: The working directory doesn't exist any more, or can't be read. Change to another one, for example with: cd ~\n",
    );
    assert.equal(status, 1);
  });
}

for (const flag of ["--spool-dir", "--host", "--tls-cert", "--tls-key", "--tracing"]) {
  test(`names ${flag} if its value is empty`, async () => {
    const { exitCode, stderr } = await runCliInTurn(["serve", "--no-config", "--port", "0", flag, ""]);
    assert.match(stderr, new RegExp(`^error: ${flag}: "" is empty\\. `));
    assert.equal(exitCode, 1);
  });
}
