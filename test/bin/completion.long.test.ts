import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { runCliInTurn } from "../harness/cli-in-turn.ts";
import { cliPath } from "../harness/cli.ts";

const typist = fileURLToPath(new URL("../../../fixtures/terminal/complete.py", import.meta.url));

let folder: string;
let env: NodeJS.ProcessEnv;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "completion-test-"));
  // The database can't be asked: its URL is in no environment.
  await writeFile(
    join(folder, "stream-csv.yaml"),
    "databases: { shop: { url: env:NO_SUCH_URL } }\nexports: { invoices: { database: shop, sql: SELECT 1 } }\n",
  );
  await writeFile(join(folder, "other.json"), '{ "exports": { "refunds": {} } }');
  await writeFile(join(folder, "two words.csv"), "a\n1\n");
  await writeFile(join(folder, "stream-csv"), `#!/bin/sh\nexec '${process.execPath}' '${cliPath}' "$@"\n`, {
    mode: 0o755,
  });
  for (const shell of ["bash", "zsh", "fish"]) {
    const { exitCode, stdout } = await runCliInTurn(["completion", shell]);
    assert.equal(exitCode, 0, shell);
    await writeFile(join(folder, shell), stdout);
  }
  env = { ...process.env, PATH: `${folder}${delimiter}${process.env["PATH"]}`, HOME: folder };
});
after(async () => {
  await rm(folder, { recursive: true });
});

function lacks(...programs: readonly string[]): string | false {
  const missing = programs.find((program) => spawnSync(program, ["--version"]).status !== 0);
  return missing === undefined ? false : `${missing} isn't installed`;
}

interface Typed {
  readonly words: readonly string[];
  /** What the shell listed. */
  readonly screen: string;
}

/** Types lines into an interactive shell, and presses Tab after each. */
function typed(shell: string, lines: readonly string[]): readonly Typed[] {
  const { status, stdout, stderr } = spawnSync("python3", [typist, shell, join(folder, shell), ...lines], {
    cwd: folder,
    env,
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  const screens = stdout.split("[done]").slice(0, -1);
  assert.equal(screens.length, lines.length, stdout);
  return screens.map((screen) => {
    const words = /^((?:<[^<>]*>)+)\r?$/m.exec(screen)?.[1] ?? "";
    return { words: words.slice(1, -1).split("><"), screen };
  });
}

/** What is typed before Tab, and the line it becomes. */
const completed: readonly (readonly [line: string, words: readonly string[]])[] = [
  ["stream-csv exp", ["export"]],
  ["stream-csv help tok", ["help", "token"]],
  ["stream-csv completion f", ["completion", "fish"]],
  ["stream-csv export inv", ["export", "invoices"]],
  ["stream-csv export wid", ["export", "wide"]],
  ["stream-csv export --config other.json ref", ["export", "--config", "other.json", "refunds"]],
  ["stream-csv export two", ["export", "two words.csv"]],
  ["stream-csv serve two", ["serve", "two words.csv"]],
  ["stream-csv export orders --dialect excel-", ["export", "orders", "--dialect", "excel-eu"]],
  ["stream-csv export orders --dialect=pos", ["export", "orders", "--dialect=postgres"]],
  ["stream-csv serve --worker-m", ["serve", "--worker-model"]],
  ["stream-csv serve --log-level f", ["serve", "--log-level", "fatal"]],
  ["stream-csv bench --export inv", ["bench", "--export", "invoices"]],
  ["stream-csv bench --scenario export,slow", ["bench", "--scenario", "export,slow-readers"]],
  ["stream-csv report -o ht", ["report", "-o", "html="]],
];

for (const shell of ["bash", "zsh"]) {
  test(
    `${shell} completes commands, flags, values, exports and files`,
    {
      skip: lacks("python3", shell),
    },
    () => {
      const lines = typed(
        shell,
        completed.map(([line]) => line),
      );
      for (const [index, [line, words]] of completed.entries())
        assert.deepEqual(lines[index]?.words, ["stream-csv", ...words], line);
    },
  );

  test(`${shell} lists what is possible where several are`, { skip: lacks("python3", shell) }, () => {
    const [flags, values, none] = typed(shell, [
      "stream-csv export orders --quot",
      "stream-csv export orders --quoting ",
      "stream-csv serve --nosuch",
    ]);
    for (const flag of ["--quote ", "--quote-in", "--quoting"]) assert.ok(flags?.screen.includes(flag), flag);
    for (const value of ["minimal", "strings", "all"]) assert.ok(values?.screen.includes(value), value);
    assert.deepEqual(none?.words, ["stream-csv", "serve", "--nosuch"]);
  });
}

test("fish completes commands, values and exports", { skip: lacks("fish") }, () => {
  const offered = (line: string): readonly string[] => {
    const script = `source ${join(folder, "fish")}; complete -C '${line}'`;
    const { stdout } = spawnSync("fish", ["--no-config", "-c", script], {
      cwd: folder,
      env,
      encoding: "utf8",
    });
    return stdout.split("\n").map((entry) => entry.replace(/\t.*/, ""));
  };
  assert.ok(offered("stream-csv exp").includes("export"));
  assert.ok(offered("stream-csv export inv").includes("invoices"));
  assert.ok(offered("stream-csv bench --export inv").includes("invoices"));
  assert.ok(offered("stream-csv export orders --dialect exc").includes("excel-eu"));
});

test("the script of every shell names every command and every flag", async () => {
  for (const name of ["serve", "bench", "compare", "report", "export", "check", "token", "link"]) {
    const { stdout: help } = await runCliInTurn([name, "--help"]);
    const flags = [...help.matchAll(/^ +(?:-\w, )?--([\w-]+)/gm)].map(([, flag = ""]) => flag);
    assert.ok(flags.length > 5, name);
    for (const shell of ["bash", "zsh", "fish"]) {
      const script = await readFile(join(folder, shell), "utf8");
      for (const flag of [name, ...flags])
        if (flag !== "help") assert.ok(script.includes(flag), `${shell}: ${name} --${flag}`);
    }
  }
});

test("a configuration that is a program isn't run to complete a name", async () => {
  const config = join(folder, "program.mjs");
  await writeFile(config, 'throw new Error("was run");');
  const { exitCode, stdout } = await runCliInTurn(["--config", config, "completion", "bash", "--exports"]);
  assert.deepEqual([exitCode, stdout], [0, "orders\nwide\ntext\nnumbers\n"]);
});

test("an unknown shell is refused by its name", async () => {
  const { exitCode, stderr } = await runCliInTurn(["completion", "bsh"]);
  assert.equal(exitCode, 1);
  assert.match(
    stderr,
    /^error: <shell>: "bsh" is not one of its values\. Did you mean "bash"\? Use one of bash, zsh, fish\.$/m,
  );
});
