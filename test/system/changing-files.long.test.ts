import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  appendFile,
  copyFile,
  mkdtemp,
  open,
  readFile,
  rename,
  rm,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after as afterAll, before as beforeAll, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import { csvChunks, openSource } from "../../src/index.ts";
import { startServe, type ServeProcess } from "../harness/cli.ts";

const deliveries = ["streaming", "buffered", "file"] as const;
/** How often files are replaced; 200 take a minute and a half. */
const replacements = Number(process.env["REPLACEMENTS"] ?? 20);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "changing-files-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/**
 * Values of one column, in types whose bytes could be mistaken for each other's; some with many more rows than a
 * batch.
 */
const columns: readonly string[] = [
  "i::INTEGER AS id",
  "i::BIGINT AS id",
  "(i + 0.5)::DOUBLE AS id",
  "(i + 0.25)::FLOAT AS id",
  "i::DECIMAL(10, 2) AS id",
  "i::DECIMAL(10, 4) AS id",
  "(i::HUGEINT * 100000000000000000000)::DECIMAL(38, 0) AS id",
  "(4702111234474983745::HUGEINT * 18446744073709551616 + 100 + i)::DECIMAL(38, 0) AS id",
  "('a text of more than twelve bytes, row ' || i) AS id",
  "('short' || i % 7) AS id",
  "uuid() AS id",
  "i::HUGEINT * 170141183460469231 AS id",
  "(DATE '2020-01-01' + i::INTEGER) AS id",
  "(TIMESTAMP '2020-01-01' + INTERVAL (i) SECOND) AS id",
  "(i % 2 = 0) AS id",
  "[i, i + 1] AS id",
  "{'a': i, 'b': 'x' || i} AS id",
  "('b' || i)::BLOB AS id",
  "('m' || i % 3)::ENUM('m0', 'm1', 'm2') AS id",
  "i::INTEGER AS id, 'second' AS t",
  "'first' AS t, i::INTEGER AS id",
];

async function runSql(path: string, statements: readonly string[]): Promise<void> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  for (const sql of statements) await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
}

/** A version of a file, and the only text it may be served as. */
interface Version {
  readonly path: string;
  readonly sha256: string;
}

async function versionOf(path: string, table?: string): Promise<Version> {
  const source = await openSource(path, table === undefined ? {} : { table });
  const hash = createHash("sha256");
  try {
    for await (const chunk of csvChunks(source)) hash.update(chunk);
  } finally {
    await source.close();
  }
  return { path, sha256: hash.digest("hex") };
}

/** Files of one kind that replace each other by a rename, under load. */
interface Kind {
  readonly served: string;
  readonly export: string;
  readonly versions: readonly Version[];
  /**
   * How long a version stays at least: some are served completely, and many are replaced while they are described or
   * read.
   */
  readonly leastMs: number;
}

async function parquetKind(): Promise<Kind> {
  const versions: Version[] = [];
  for (const [index, column] of columns.entries()) {
    const path = join(folder, `version-${index}.parquet`);
    const rows = index % 5 === 0 ? 60_000 : 3000;
    await runSql(":memory:", [`COPY (SELECT ${column} FROM range(${rows}) AS t(i)) TO '${path}'`]);
    versions.push(await versionOf(path));
  }
  return { served: join(folder, "p.parquet"), export: "p", versions, leastMs: 50 };
}

async function databaseKind(): Promise<Kind> {
  const versions: Version[] = [];
  for (const [index, column] of columns.entries()) {
    const path = join(folder, `version-${index}.duckdb`);
    await runSql(path, [`CREATE TABLE x AS SELECT ${column} FROM range(3000) AS t(i)`]);
    versions.push(await versionOf(path, "x"));
  }
  return { served: join(folder, "d.duckdb"), export: "d.x", versions, leastMs: 50 };
}

async function textKind(ending: string, contents: readonly string[]): Promise<Kind> {
  const versions: Version[] = [];
  for (const [index, content] of contents.entries()) {
    const path = join(folder, `version-${index}.${ending}`);
    await writeFile(path, content);
    versions.push(await versionOf(path));
  }
  return { served: join(folder, `t.${ending}`), export: "t", versions, leastMs: 50 };
}

function repeated(header: string, row: (index: number) => string, rows: number): string {
  return header + Array.from({ length: rows }, (_, index) => row(index)).join("");
}

const csvContents = [
  repeated("id,t\n", (index) => `${index},a\n`, 4000),
  repeated("id;t\n", (index) => `${index};b\n`, 4000),
  repeated("id,t,z\n", (index) => `${index},c,"x\ny"\n`, 100_000),
  repeated("t,id\r\n", (index) => `d,${index}\r\n`, 10),
  repeated("id\n", (index) => `${index}\n`, 50_000),
];

const ndjsonContents = [
  repeated("", (index) => `{"id":${index},"t":"a"}\n`, 4000),
  repeated("", (index) => `{"key":${index},"t":[${index}]}\n`, 60_000),
  repeated("", (index) => `{"t":"${index}","id":null,"z":{"id":${index}}}\n`, 3000),
];

/** The result of a request: the digest of a complete body, or why there is none. */
async function ask(server: ServeProcess, path: string): Promise<string> {
  let answer: Response;
  try {
    answer = await fetch(server.url + path);
  } catch {
    return "cut";
  }
  if (answer.status !== 200) {
    const { code } = (await answer.json()) as { readonly code: string };
    return `${answer.status} ${code}`;
  }
  try {
    return createHash("sha256")
      .update(new Uint8Array(await answer.arrayBuffer()))
      .digest("hex");
  } catch {
    return "cut";
  }
}

async function replaceUnderLoad({ served, export: name, versions, leastMs }: Kind): Promise<void> {
  const known = new Set(versions.map(({ sha256 }) => sha256));
  const put = async (version: Version): Promise<void> => {
    await copyFile(version.path, `${served}.new`);
    await rename(`${served}.new`, served);
  };
  await put(versions[0]!);
  await using server = await startServe(["--workers", "2", served]);
  const seen = new Map<string, number>();
  const over = new AbortController();
  const clients = deliveries.map(async (delivery) => {
    while (!over.signal.aborted) {
      const became = await ask(server, `/exports/${name}.csv?delivery=${delivery}`);
      seen.set(became, (seen.get(became) ?? 0) + 1);
    }
  });
  // Versions follow each other in an order without a pattern of its own; some stay until they were served whole.
  for (let step = 0; step < replacements; step += 1) {
    const version = versions[(step * step + 3 * step) % versions.length]!;
    await put(version);
    await pause(leastMs * (1 + (step % 3)));
    if (step % 10 === 0) while (!seen.has(version.sha256)) await pause(leastMs);
  }
  over.abort();
  await Promise.all(clients);
  for (const became of seen.keys())
    assert.ok(
      known.has(became) || became === "cut" || became === "503 SCSV_SOURCE_CHANGED",
      `${became}, ${seen.get(became)} times`,
    );
  assert.ok(
    [...seen.keys()].filter((became) => known.has(became)).length > 1,
    `several versions are served whole, of ${JSON.stringify([...seen])}`,
  );
  assert.deepEqual(
    server.log().filter(({ msg }) => /a worker (was )?ended/.test(String(msg))),
    [],
  );
  // Afterwards all deliveries serve the current version.
  const last = versions.at(-1)!;
  await put(last);
  for (const delivery of deliveries)
    assert.equal(await ask(server, `/exports/${name}.csv?delivery=${delivery}`), last.sha256, delivery);
}

test("serves old rows, new rows or an error while a Parquet file is replaced, whatever the types", async () => {
  await replaceUnderLoad(await parquetKind());
});

test("serves old rows, new rows or an error while a .duckdb file is replaced", async () => {
  await replaceUnderLoad(await databaseKind());
});

test("serves old rows, new rows or an error while a CSV file is replaced", async () => {
  await replaceUnderLoad(await textKind("csv", csvContents));
});

test("serves old rows, new rows or an error while an NDJSON file is replaced", async () => {
  await replaceUnderLoad(await textKind("ndjson", ndjsonContents));
});

const megabytes = 1024 ** 2;

/** A file that is far larger than what sockets hold, and ways to write to it in place that leave a file as good as any. */
interface InPlace {
  readonly name: string;
  readonly make: (path: string) => Promise<void>;
  readonly rewrites: Readonly<Record<string, (path: string) => Promise<void>>>;
}

async function overwrite(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "r+");
  await file.write(bytes, 0, bytes.length, 0);
  await file.truncate(bytes.length);
  await file.close();
}

/** Longer than what sockets and clients buffer for a reader that waits. */
const filler = "text ".repeat(16);
/** A file of 25 MB, of which sockets, the client and the server hold the lesser part. */
const rowsInPlace = 300_000;

function lines(row: (index: number) => string): string {
  return repeated("", row, rowsInPlace);
}

const inPlace: readonly InPlace[] = [
  {
    name: "rows.csv",
    make: (path) => writeFile(path, `id,text\n${lines((index) => `${index},the ${filler}\n`)}`),
    rewrites: {
      "cut off at a line's end": async (path) => {
        const text = await readFile(path, "latin1");
        await truncate(path, text.lastIndexOf("\n", 12 * megabytes) + 1);
      },
      "appended to": (path) => appendFile(path, `${rowsInPlace},one row more\n`),
      "overwritten by a file of the same shape": async (path) =>
        overwrite(path, Buffer.from(`id,text\n${lines((index) => `${index},THE ${filler}\n`)}`)),
    },
  },
  {
    name: "rows.ndjson",
    make: (path) =>
      writeFile(
        path,
        lines((index) => `{"id":${index},"text":"the ${filler}"}\n`),
      ),
    rewrites: {
      "cut off at a line's end": async (path) => {
        const text = await readFile(path, "latin1");
        await truncate(path, text.lastIndexOf("\n", 12 * megabytes) + 1);
      },
      "appended to": (path) => appendFile(path, `{"id":${rowsInPlace},"text":"one more"}\n`),
      shortened: async (path) =>
        overwrite(path, Buffer.from(lines((index) => `{"id":${index},"text":""}\n`))),
    },
  },
  {
    name: "rows.parquet",
    make: (path) =>
      runSql(":memory:", [
        `COPY (SELECT i AS id, 'the ${filler}' || i AS text FROM range(450000) AS t(i)) TO '${path}' (COMPRESSION uncompressed)`,
      ]),
    rewrites: {
      "overwritten by a file of the same shape": async (path) => {
        const other = `${path}.other`;
        await runSql(":memory:", [
          `COPY (SELECT i AS id, 'THE ${filler}' || i AS text FROM range(450000) AS t(i)) TO '${other}' (COMPRESSION uncompressed)`,
        ]);
        await overwrite(path, await readFile(other));
      },
      "appended to": (path) => appendFile(path, "more"),
    },
  },
];

/** A download that stops reading after its first bytes until the file has been written to. */
async function downloadAcross(url: string, write: () => Promise<void>): Promise<string> {
  // Compressed, all of it would be small enough for the kernel's buffers.
  const answer = await fetch(url, { headers: { "Accept-Encoding": "identity" } });
  assert.equal(answer.status, 200);
  const reader = answer.body!.getReader();
  const hash = createHash("sha256");
  try {
    hash.update((await reader.read()).value ?? new Uint8Array());
    await write();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return hash.digest("hex");
      hash.update(value);
    }
  } catch {
    return "cut";
  }
}

for (const { name, make, rewrites } of inPlace) {
  let made: Promise<Version> | undefined;
  const makeOnce = async (): Promise<Version> => {
    const path = join(await mkdtemp(join(folder, "whole-")), name);
    await make(path);
    return await versionOf(path);
  };

  for (const [how, rewrite] of Object.entries(rewrites)) {
    test(`${name} that is ${how} while it is read never gives a body that looks whole and isn't`, async () => {
      const before = await (made ??= makeOnce());
      const own = await mkdtemp(join(folder, "in-place-"));
      const path = join(own, name);
      await copyFile(before.path, path);
      await using server = await startServe([path]);
      const exported = `${server.url}/exports/rows.csv`;
      assert.equal(await downloadAcross(exported, () => rewrite(path)), "cut");
      const { transfers } = (await (await fetch(`${server.url}/transfers`)).json()) as {
        readonly transfers: readonly { readonly error: { readonly code: string } | null }[];
      };
      assert.equal(transfers[0]?.error?.code, "SCSV_SOURCE_CHANGED");

      // Prepared and buffered texts are of one state, whenever it is written.
      await overwrite(path, await readFile(before.path));
      const prepared = ["file", "buffered"];
      const asked = prepared.map((delivery) => ask(server, `/exports/rows.csv?delivery=${delivery}`));
      await pause(150);
      await rewrite(path);
      const became = await Promise.all(asked);
      const after = await versionOf(path).catch(() => undefined);
      for (const [index, delivery] of prepared.entries()) {
        assert.ok(
          [
            before.sha256,
            after?.sha256,
            "cut",
            "503 SCSV_SOURCE_CHANGED",
            "500 SCSV_SOURCE_UNREADABLE",
          ].includes(became[index] ?? ""),
          `${delivery}: ${became[index]}`,
        );
        const now = await ask(server, `/exports/rows.csv?delivery=${delivery}`);
        assert.equal(now, after?.sha256 ?? "500 SCSV_SOURCE_UNREADABLE", delivery);
      }
      await rm(own, { recursive: true });
    });
  }
}
