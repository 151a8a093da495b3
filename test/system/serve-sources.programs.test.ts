import assert from "node:assert/strict";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { runCli, startServe, type ServeProcess } from "../harness/cli.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "serve-sources-"));
});
after(async () => {
  await rm(folder, { recursive: true });
});

async function fileOf(name: string, content: string): Promise<string> {
  const path = join(await mkdtemp(join(folder, "of-")), name);
  await writeFile(path, content);
  return path;
}

async function namesOf({ url }: ServeProcess): Promise<readonly string[]> {
  const { exports } = (await (await fetch(`${url}/exports`)).json()) as {
    readonly exports: readonly { readonly name: string }[];
  };
  return exports.map(({ name }) => name);
}

test("serves the generated exports without files, and together with files only with --generated", async () => {
  const orders = await fileOf("orders.csv", "id\n1\n");
  const people = await fileOf("people.csv", "name\nAda\n");
  await using alone = await startServe();
  assert.deepEqual(await namesOf(alone), ["orders", "wide", "text", "numbers"]);
  await using files = await startServe([orders]);
  assert.deepEqual(await namesOf(files), ["orders"]);
  assert.equal(await (await fetch(`${files.url}/exports/orders.csv`)).text(), "id\r\n1\r\n");
  await using both = await startServe([people, "--generated"]);
  assert.deepEqual(await namesOf(both), ["orders", "wide", "text", "numbers", "people"]);
});

test("serves a file under another name, by each delivery", async () => {
  const path = await fileOf("2026.csv", "id\n1\n");
  await using server = await startServe([`invoices=${path}`]);
  assert.deepEqual(await namesOf(server), ["invoices"]);
  for (const delivery of ["streaming", "buffered", "file"]) {
    const answer = await fetch(`${server.url}/exports/invoices.csv?delivery=${delivery}`);
    assert.equal(await answer.text(), "id\r\n1\r\n");
    assert.match(answer.headers.get("Content-Disposition") ?? "", /filename="invoices\.csv"/);
  }
});

test("serves a file whose name has a line break and letters that turn others, and saves it without them", async () => {
  const path = await fileOf("a\nb\u202Etxt.csv", "id\n1\n");
  await using server = await startServe([path]);
  const [name = ""] = await namesOf(server);
  for (const ending of ["csv", "tsv"]) {
    const answer = await fetch(`${server.url}/exports/${encodeURIComponent(name)}.${ending}`);
    assert.equal(answer.headers.get("Content-Disposition"), `attachment; filename="a_b_txt.${ending}"`);
    assert.match(await answer.text(), /^id\r?\n1\r?\n$/);
  }
});

test("no date of later rows makes earlier ones look unchanged when a file goes back to them", async () => {
  const path = await fileOf("rows.csv", "id\n1\n");
  const other = await fileOf("rows.csv", "id\n2\n");
  await using server = await startServe([path, "--workers", "2"]);
  const url = `${server.url}/exports/rows.csv?delivery=file`;
  /** Asks until there is a date, which comes with the next second. */
  const dateOf = async (rows: string): Promise<string> => {
    for (;;) {
      const answer = await fetch(url);
      assert.equal(await answer.text(), rows);
      const date = answer.headers.get("Last-Modified");
      if (date !== null) return date;
      await sleep(100);
    }
  };
  const first = await dateOf("id\r\n1\r\n");
  assert.equal((await fetch(url, { headers: { "If-Modified-Since": first } })).status, 304);
  await rename(path, `${path}.kept`);
  await rename(other, path);
  const second = await dateOf("id\r\n2\r\n");
  await rename(`${path}.kept`, path);
  const back = await fetch(url, { headers: { "If-Modified-Since": second } });
  assert.equal(await back.text(), "id\r\n1\r\n");
  const part = await fetch(url, { headers: { "If-Range": first, Range: "bytes=4-" } });
  assert.equal(part.status, 200);
  await part.arrayBuffer();
  const third = await dateOf("id\r\n1\r\n");
  assert.ok(Date.parse(first) < Date.parse(second) && Date.parse(second) < Date.parse(third));
});

test("treats an existing path with an equals sign as that file", async () => {
  const path = await fileOf("year=2026.csv", "id\n1\n");
  await using server = await startServe([path]);
  assert.deepEqual(await namesOf(server), ["year=2026"]);
});

test("refuses two files of one name, names both, and says how to rename one", async () => {
  const [one, other] = [await fileOf("a.csv", "id\n1\n"), await fileOf("a.csv", "id\n2\n")];
  const { exitCode, stderr } = await runCli(["serve", "--port", "0", one, other]);
  assert.equal(exitCode, 1);
  for (const path of [one, other]) assert.ok(stderr.includes(JSON.stringify(path)), stderr);
  assert.match(stderr, /would both be served as "a"/);
  assert.match(stderr, /Give one of them another name: NAME=/);
  const generated = await runCli(["serve", "--port", "0", `orders=${one}`, "--generated"]);
  assert.equal(generated.exitCode, 1);
  assert.match(generated.stderr, /and a generated export would both be served as "orders"/);
});

test("refuses a name that clients leave out of the path of a URL", async () => {
  const path = await fileOf("b.csv", "id\n1\n");
  for (const name of [".", ".."]) {
    const { exitCode, stderr } = await runCli(["serve", "--port", "0", `${name}=${path}`]);
    assert.equal(exitCode, 1);
    assert.ok(stderr.includes(`${JSON.stringify(path)} can't be served as "${name}"`), stderr);
    assert.ok(stderr.includes(`Give it another name: NAME=${path}.`), stderr);
  }
});

test("names every file that can't be read at once, and starts without them by --skip-unreadable", async () => {
  const good = await fileOf("good.csv", "id\n1\n");
  const gone = join(folder, "gone.csv");
  const ragged = await fileOf("damaged.parquet", "PAR1, and nothing else");
  const { exitCode, stderr } = await runCli(["serve", "--port", "0", good, gone, ragged]);
  assert.equal(exitCode, 1);
  assert.match(stderr, /2 of 3 sources can't be read:/);
  for (const path of [gone, ragged]) assert.ok(stderr.includes(JSON.stringify(path)), stderr);
  await using server = await startServe(["--skip-unreadable", good, gone, ragged]);
  assert.equal(await (await fetch(`${server.url}/exports/good.csv`)).text(), "id\r\n1\r\n");
  for (const name of ["gone", "damaged"])
    assert.equal((await fetch(`${server.url}/exports/${name}.csv`)).status, 500);
  assert.deepEqual(await namesOf(server), ["good", "gone", "damaged"]);
  await writeFile(gone, "id\n2\n");
  assert.equal(await (await fetch(`${server.url}/exports/gone.csv`)).text(), "id\r\n2\r\n");
});

test("a start that fails says only why, and not that a server has stopped", async () => {
  const other = await runCli(["serve", "--port", "0", await fileOf("books.xlsx", "PK")]);
  assert.equal(other.exitCode, 1);
  assert.match(
    other.stderr,
    /^error: ".*books\.xlsx" is not a file type that can be read\.\nUse a file that ends in \./,
  );
  const { exitCode, stdout, stderr } = await runCli(["serve", "--port", "0", "no-such-file.parquet"]);
  assert.deepEqual([exitCode, stdout], [1, ""]);
  assert.match(stderr, /^error: The file "no-such-file\.parquet" can't be read: ENOENT[^\n]*\n[^\n]*\n$/);
});
