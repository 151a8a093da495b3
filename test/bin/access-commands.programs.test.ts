import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { runCliInTurn } from "../harness/cli-in-turn.ts";
import { startCli, startServe } from "../harness/cli.ts";

let folder = "";
let file = "";
const secret = "a secret of thirty-two bytes, and more";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stream-csv-access-"));
  file = join(folder, "stream-csv.yaml");
});
after(() => rm(folder, { recursive: true, force: true }));

async function makeToken(name: string): Promise<{ readonly token: string; readonly line: string }> {
  const { exitCode, stdout } = await runCliInTurn(["token", name]);
  assert.equal(exitCode, 0);
  const [token = "", line = "", ...rest] = stdout.split("\n");
  assert.deepEqual(rest, [""]);
  return { token, line };
}

async function configure(...tokens: readonly string[]): Promise<void> {
  const links =
    "links:\n  keys:\n    - { id: k2, secret: env:NEW_KEY }\n    - { id: k1, secret: env:OLD_KEY }\n";
  await writeFile(file, `tokens:\n${tokens.map((line) => `  ${line}\n`).join("")}${links}`);
}

const env = { NEW_KEY: secret, OLD_KEY: `${secret}, the older one` };

test("token prints 32 random bytes once, and a line with their SHA-256 for the configuration", async () => {
  const [first, second] = [await makeToken("acme"), await makeToken("acme")];
  assert.notEqual(first.token, second.token);
  assert.equal(Buffer.from(first.token, "base64url").byteLength, 32);
  const digest = createHash("sha256").update(first.token).digest("hex");
  assert.equal(first.line, `- { name: "acme", sha256: "${digest}", exports: ["*"] }`);
  assert.ok(!first.line.includes(first.token));
});

test("token refuses a name that a configuration can't have", async () => {
  const { exitCode, stderr, stdout } = await runCliInTurn(["token", "two words"]);
  assert.equal(exitCode, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /"two words" is not a name of a token/);
});

test("a server takes the tokens and links of its configuration, and others when it changes", async () => {
  const [one, two] = [await makeToken("one"), await makeToken("two")];
  await configure(one.line);
  await using server = await startServe(["--config", file], { env });
  const statusOf = async (path: string, token = ""): Promise<number> =>
    (await fetch(server.url + path, token === "" ? {} : { headers: { Authorization: `Bearer ${token}` } }))
      .status;
  assert.equal(await statusOf("/exports"), 401);
  assert.equal(await statusOf("/exports", one.token), 200);
  assert.equal(await statusOf("/exports", two.token), 401);

  const link = async (...args: readonly string[]): Promise<string> => {
    const options = ["link", "/exports/orders.csv?rows=1", "--config", file, ...args];
    return (await runCliInTurn(options, { env })).stdout.trim();
  };
  const made = await link();
  assert.match(made, /^\/exports\/orders\.csv\?rows=1&expires=\d+&key=k2&signature=[\w-]{43}$/);
  const life = Number(/expires=(\d+)/.exec(made)?.[1]) - Date.now() / 1000;
  assert.ok(life > 3500 && life <= 3600);
  assert.equal(await statusOf(made), 200);
  assert.equal(await statusOf(made.replace("rows=1", "rows=2")), 403);
  const older = await link("--key", "k1", "--expires", "30s");
  assert.match(older, /key=k1/);
  assert.equal(await statusOf(older), 200);

  await configure(two.line);
  while ((await statusOf("/exports", two.token)) !== 200) await sleep(50);
  assert.equal(await statusOf("/exports", one.token), 401);
  await writeFile(file, "tokens: [{ name: one }]\n");
  while (!server.stderr().includes("stay as they were")) await sleep(50);
  assert.match(server.stderr(), /"tokens\.0\.sha256" in ".*stream-csv\.yaml"/);
  assert.equal(await statusOf("/exports", two.token), 200);
  await writeFile(file, "");
  while (!server.stderr().includes("restart the server")) await sleep(50);
  assert.match(
    server.stderr(),
    /^error: the tokens and links stay as they were: ".*stream-csv\.yaml" has no "tokens", "links" or "auth"/m,
  );
  assert.equal(await statusOf("/exports"), 401);
  assert.equal(await statusOf("/exports", two.token), 200);
  await configure(one.line);
  while ((await statusOf("/exports", one.token)) !== 200) await sleep(50);
  assert.ok(!server.stderr().includes(secret));
  assert.doesNotMatch(server.stderr(), /signature=[\w-]/);
});

test("a server takes the tokens of a configuration that changes while it starts", async () => {
  const [one, two] = [await makeToken("one"), await makeToken("two")];
  await configure(one.line);
  const cli = startCli(["serve", "--port", "0", "--log-level", "info", "--config", file], env);
  let stdout = "";
  cli.process.stdout.on("data", (text: string) => (stdout += text));
  // The file has been read, and the workers start.
  while (!cli.stderr().includes("configuration")) await sleep(5);
  await configure(two.line);
  while (!stdout.includes("\n")) await sleep(5);
  const headers = { Authorization: `Bearer ${two.token}` };
  const url = `${stdout.trim().replace("listening on ", "")}/exports`;
  while ((await fetch(url, { headers })).status !== 200) await sleep(50);
  cli.process.kill("SIGTERM");
  assert.equal((await cli.ended).exitCode, 0);
});

test("link keeps the host of a URL", async () => {
  await configure((await makeToken("one")).line);
  const { stdout } = await runCliInTurn(
    ["link", "https://exports.example/exports/a b.csv", "--config", file],
    { env },
  );
  assert.match(stdout, /^https:\/\/exports\.example\/exports\/a%20b\.csv\?expires=/);
});

const refused: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [["exports/orders.csv"], /is not a path/],
  [["/exports/%zz.csv"], /is not a path/],
  [["/exports/orders.csv?expires=1"], /the parameter "expires" already/],
  [["/exports/orders.csv", "--key", "k9"], /no key "k9"; there are k2, k1/],
  [["/exports/orders.csv", "--expires", "soon"], /"soon" is not a duration/],
  [["/exports/orders.csv", "--expires", "0"], /too short/],
  [["/exports/orders.csv", "--no-config"], /There is no key to sign with/],
];
for (const [args, message] of refused)
  test(`link refuses ${args.join(" ")}`, async () => {
    await configure((await makeToken("one")).line);
    const config = args.includes("--no-config") ? [] : ["--config", file];
    const { exitCode, stdout, stderr } = await runCliInTurn(["link", ...args, ...config], { env });
    assert.equal(exitCode, 1);
    assert.equal(stdout, "");
    assert.match(stderr, message);
  });

const wrong: readonly (readonly [content: string, message: RegExp])[] = [
  ["tokens: []", /tokens/],
  [
    "tokens: [{ name: a, sha256: abc }]",
    /"tokens\.0\.sha256" in ".*" can't be used; it takes 64 hexadecimal digits/,
  ],
  ["tokens: [{ name: a }]", /"tokens\.0\.sha256" in ".*" is missing/],
  [
    `tokens: [{ name: a, sha256: "${"0".repeat(64)}", slot: 2 }]`,
    /"tokens\.0\.slot" in ".*" is not a setting/,
  ],
  [`tokens: [{ name: a, sha256: "${"0".repeat(64)}", rate: 10 }]`, /it takes text such as 10\/min/],
  [`tokens: [{ name: a, sha256: "${"0".repeat(64)}", expires: tomorrow }]`, /expires/],
  ["links: { keys: [{ id: k1, secret: env:NO_SUCH_KEY }] }", /NO_SUCH_KEY/],
  [
    `links: { keys: [{ id: k1, secret: "\${LINK_KEY_OF_THE_EXPORTS_OF_THE_SHOP}" }] }`,
    /"links\.keys\[0\]\.secret" in ".*" is a variable as shells write it, .*: write env:NAME alone/,
  ],
  [
    "links: { keys: [{ id: k1, secret: '' }] }",
    /"links\.keys\.0\.secret" in ".*" can't be used; it takes text/,
  ],
];
for (const [content, message] of wrong)
  test(`a configuration with ${content.slice(0, 60)} keeps the server from starting`, async () => {
    await writeFile(file, content);
    const { exitCode, stderr } = await runCliInTurn(["serve", "--port", "0", "--config", file]);
    assert.equal(exitCode, 1);
    assert.match(stderr, message);
    assert.ok(stderr.includes(file), stderr);
  });
