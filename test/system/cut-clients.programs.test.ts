import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { startServe, type ServeProcess } from "../harness/cli.ts";

const execute = promisify(execFile);

let folder: string;
let server: ServeProcess;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stream-csv-cut-clients-"));
  await writeFile(
    join(folder, "stream-csv.config.mjs"),
    `export default { exports: { fails: { columns: ["id"], rows: async function* () {
      for (let id = 0; id < 20000; id += 1) yield [id];
      throw new Error("the source is gone");
    } }, endless: { columns: ["text"], rows: function* () {
      for (;;) yield ["x".repeat(1000)];
    } } } };`,
  );
  server = await startServe([], { cwd: folder });
});

after(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Clients that docs/guides/spreadsheets.md names, set up as it says. The last argument is the URL; they fail if they report an error. */
const clients: Readonly<
  Record<string, { readonly program: string; readonly args: readonly string[]; readonly delivery?: string }>
> = {
  curl: { program: "curl", args: ["--silent", "--fail"] },
  "curl --compressed": { program: "curl", args: ["--silent", "--fail", "--compressed"] },
  wget: { program: "wget", args: ["--quiet", "--tries=1", "--output-document=-"] },
  "Python's urlopen() in a TextIOWrapper": {
    program: "python3",
    args: [
      "-c",
      `import csv, io, sys, urllib.request
text = io.TextIOWrapper(urllib.request.urlopen(sys.argv[1]), encoding="utf-8", newline="")
print(sum(1 for row in csv.reader(text)))`,
    ],
  },
  "Ruby's open-uri": { program: "ruby", args: ["-ropen-uri", "-e", "puts URI.open(ARGV[0]).read.size"] },
  "Perl's HTTP::Tiny": {
    program: "perl",
    args: ["-MHTTP::Tiny", "-e", "exit !HTTP::Tiny->new->get($ARGV[0])->{success}"],
  },
  "Node's fetch()": {
    program: process.execPath,
    args: [
      "-e",
      "fetch(process.argv[1]).then((response) => response.ok && response.text()).then(console.log)",
    ],
  },
  "PHP's file_get_contents() of a buffered body": {
    program: "php",
    args: ["-r", "exit(@file_get_contents($argv[1]) === false ? 1 : 0);"],
    delivery: "buffered",
  },
  "PHP's file_get_contents() of a prepared file": {
    program: "php",
    args: ["-r", "exit(@file_get_contents($argv[1]) === false ? 1 : 0);"],
    delivery: "file",
  },
};

for (const [name, { program, args, delivery = "streaming" }] of Object.entries(clients))
  test(`${name} reports an export that fails half-way`, async (t) => {
    const client = execute(program, [...args, `${server.url}/exports/fails.csv?delivery=${delivery}`]);
    const outcome = await client.then(
      ({ stdout }) => `it took ${stdout.length} characters for the whole`,
      ({ code }: NodeJS.ErrnoException) => code,
    );
    if (outcome === "ENOENT") t.skip(`${program} isn't installed`);
    else assert.equal(typeof outcome, "number", String(outcome));
  });

interface Listed {
  readonly transfers: readonly {
    readonly id: string;
    readonly export: string;
    readonly state: string;
    readonly bytes: number;
  }[];
}

/** Cancels the endless export when more of it is on its way than kernels hold, so that only a part of its last chunk is sent. */
async function cancelEndless(): Promise<void> {
  for (;;) {
    const { transfers } = (await (await fetch(`${server.url}/transfers`)).json()) as Listed;
    const found = transfers.find((one) => one.export === "endless" && one.state === "running");
    if (found !== undefined && found.bytes > 3_000_000) {
      await fetch(`${server.url}/transfers/${found.id}`, { method: "DELETE" });
      return;
    }
    await sleep(50);
  }
}

for (const [program, args] of [
  ["wget", ["--quiet", "--tries=1", "--limit-rate=200k", "--output-document=/dev/null"]],
  ["curl", ["--silent", "--limit-rate", "200k", "--output", "/dev/null"]],
] as const)
  test(`${program}, reading slowly, reports an export that is cancelled`, async (t) => {
    const client = execute(program, [...args, `${server.url}/exports/endless.csv`]).then(
      () => 0,
      ({ code }: NodeJS.ErrnoException) => code,
    );
    if ((await Promise.race([client, cancelEndless()])) === "ENOENT")
      return t.skip(`${program} isn't installed`);
    const exitCode = await client;
    assert.ok(typeof exitCode === "number" && exitCode > 0, String(exitCode));
  });
