import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { metrics } from "../bench/result/metric.ts";
import { startServe } from "./harness/cli.ts";
import { filesOfPage, pageFolders } from "./harness/page-files.ts";
import { findPages, programsOf } from "./harness/page-programs.ts";

const rootUrl = new URL("../../", import.meta.url);
const root = fileURLToPath(rootUrl);
const execute = promisify(execFile);
const pages = await findPages();

/** The fragments by which GitHub links to the headings of a page. */
function fragmentsOf(text: string): ReadonlySet<string> {
  const headings = text.replaceAll(/^```[^]*?^```/gm, "").matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "docs-test-"));
});
after(() => rm(folder, { recursive: true }));

for (const page of pages) {
  const text = await readFile(root + page, "utf8");
  const programs = await programsOf(page);

  test(`${page} shows the output of each of its programs`, () => {
    assert.equal(text.split(/```[jt]s\n/).length - 1, programs.length);
  });

  test(`${page} links to nothing that isn't there`, async () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
    for (const [link, target = "", fragment] of links) {
      const linked = new URL(target, new URL(page, rootUrl));
      if ((await stat(linked)).isDirectory()) continue;
      const linkedText = await readFile(linked, "utf8");
      assert.ok(fragment === undefined || fragmentsOf(linkedText).has(fragment), link);
    }
  });
}

test("the page of the bench says how every metric is taken", async () => {
  const text = await readFile(`${root}docs/reference/bench.md`, "utf8");
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  const described = new Set(rows.flatMap((row) => (row.split(" | ")[0] ?? "").match(/\w+/g) ?? []));
  assert.deepEqual(
    metrics.map(({ id }) => id).filter((id) => !described.has(id)),
    [],
  );
});

test("pages name no class that a user can't import", async () => {
  const names = await readdir(`${root}src`, { recursive: true });
  const texts = await Promise.all(
    names.filter((name) => name.endsWith(".ts")).map((name) => readFile(`${root}src/${name}`, "utf8")),
  );
  const classes = texts.flatMap((text) =>
    [...text.matchAll(/^export (?:abstract )?class (\w+)/gm)].map(([, name = ""]) => name),
  );
  assert.ok(classes.length > 50);
  const surface = await readFile(`${root}fixtures/api/stream-csv.api.md`, "utf8");
  const hidden = classes.filter((name) => !surface.includes(`class ${name} `));
  // The page for those who work on the package names what is in it.
  for (const page of pages.filter((path) => !path.endsWith("architecture.md"))) {
    const text = await readFile(root + page, "utf8");
    assert.deepEqual(
      hidden.filter((name) => text.includes(`\`${name}\``)),
      [],
      page,
    );
  }
});

test("every file that a page shows is in a folder that a test runs", async () => {
  const shown: Record<string, string> = {};
  for (const page of pages) {
    const text = await readFile(root + page, "utf8");
    const files = filesOfPage(text);
    assert.equal(text.split(/```\w+ \w+=/).length - 1, files.length, page);
    for (const { folder: folderOfFile } of files) shown[folderOfFile] = page;
  }
  assert.deepEqual(shown, { ...pageFolders });
});

test("every command of the README that asks a server works against the server it starts", async () => {
  const readme = await readFile(`${root}README.md`, "utf8");
  const [, source = "", ...flags] = (/npx stream-csv serve .*/.exec(readme)?.[0] ?? "").split(" ").slice(2);
  await using server = await startServe([root + source, ...flags]);
  const commands = readme.split("\n").filter((line) => line.startsWith("curl "));
  assert.ok(commands.length >= 5);
  for (const command of commands) {
    const here = command.replace("http://127.0.0.1:8080", server.url);
    const { stdout } = await execute("sh", ["-c", here.replace("curl ", "curl --fail --max-time 60 ")], {
      cwd: folder,
    });
    assert.ok(command.includes("-so ") || stdout.length > 0, command);
  }
  assert.equal((await readFile(`${folder}/flights.csv`, "latin1")).split("\r\n").length, 3_000_002);
});
