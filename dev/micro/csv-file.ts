/**
 * Compares our export of a CSV file with DuckDB's `COPY (FROM read_csv(…)) TO 'file' (FORMAT csv)`, on one DuckDB
 * thread and with all facts about the file given, and with another build of this package.
 *
 * The contenders alternate in one process, with reversed order in every other round; each ratio is taken within a
 * round. Before anything is timed, the texts are compared. CPU seconds are those of all threads of the process.
 *
 *     node dist/dev/micro/csv-file.js [rounds] [megabytes] [other build's dist/src/index.js]
 */
import { createHash } from "node:crypto";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { csvChunks, openSource } from "../../src/index.ts";
import { medianSeconds, ratiosText, runInTurns } from "./in-turns.ts";

const rounds = Number(process.argv[2] ?? 7);
const megabytes = Number(process.argv[3] ?? 80);
const otherBuild = process.argv[4];

/** What this program needs from a build of this package. */
interface Build {
  readonly openSource: typeof openSource;
  readonly csvChunks: typeof csvChunks;
}

/** Pseudo-random numbers below `most`, the same in every run. */
let state = 1;
function random(most: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * most);
}

const words = Array.from({ length: 200 }, () =>
  Array.from({ length: 2 + random(8) }, () => String.fromCharCode(97 + random(26))).join(""),
);

function sentence(): string {
  return Array.from({ length: 3 + random(9) }, () => words[random(words.length)]).join(" ");
}

const shapes: readonly {
  readonly name: string;
  readonly header: string;
  readonly row: (row: number) => string;
}[] = [
  {
    name: "narrow numbers",
    header: "id,a,b,c,d,e",
    row: (row) =>
      `${row},${random(1e6)},${(random(1e9) / 1e5).toFixed(4)},${random(100)},-${random(1e9)},${random(1e4)}`,
  },
  {
    name: "quoted text",
    header: "id,name,comment",
    row: (row) => `${row},"${sentence()}, ${sentence()}","he said ""${sentence()}""\n${sentence()}"`,
  },
  { name: "plain text", header: "id,name,comment", row: (row) => `${row},${sentence()},${sentence()}` },
  {
    name: "400 columns",
    header: Array.from({ length: 400 }, (_, column) => `c${column}`).join(","),
    row: () => Array.from({ length: 400 }, () => random(1e5)).join(","),
  },
];

const folder = mkdtempSync(join(tmpdir(), "stream-csv-micro-"));
const instance = await DuckDBInstance.create(":memory:", {
  threads: "1",
  enable_external_file_cache: "false",
});
const connection = await instance.connect();

interface Contender {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

function writeShape(path: string, { header, row }: (typeof shapes)[number]): number {
  const file = openSync(path, "w");
  let bytes = writeSync(file, `${header}\n`);
  for (let first = 0; bytes < megabytes * 1e6; first += 1000)
    bytes += writeSync(file, Array.from({ length: 1000 }, (_, index) => `${row(first + index)}\n`).join(""));
  closeSync(file);
  return bytes;
}

async function exported(build: Build, path: string, onChunk: (chunk: Uint8Array) => void): Promise<void> {
  const source = await build.openSource(path);
  for await (const chunk of build.csvChunks(source, { dialect: "unix" })) onChunk(chunk);
  await source.close();
}

/** The digest of a build's text. */
async function digestOf(build: Build, path: string): Promise<string> {
  const hash = createHash("sha256");
  await exported(build, path, (chunk) => hash.update(chunk));
  return hash.digest("hex");
}

async function readOnly(path: string): Promise<void> {
  const source = await openSource(path);
  for await (const batch of source.read({ signal: new AbortController().signal }))
    if (batch.rowCount < 1) return;
  await source.close();
}

async function copy(path: string, header: string, to: string): Promise<void> {
  const columns = header.split(",").map((name) => `'${name}': 'VARCHAR'`);
  await connection.run(
    `COPY (FROM read_csv('${path}', auto_detect=false, header=true, delim=',', quote='"', escape='"', columns={${columns.join(", ")}})) TO '${to}' (FORMAT csv)`,
  );
}

try {
  const own: Build = { openSource, csvChunks };
  const other =
    otherBuild === undefined ? undefined : ((await import(pathToFileURL(resolve(otherBuild)).href)) as Build);
  const copyPath = join(folder, "copy.csv");
  for (const shape of shapes) {
    const path = join(folder, "x.csv");
    const bytes = writeShape(path, shape);
    const contenders: readonly Contender[] = [
      { name: "ours", run: () => exported(own, path, () => undefined) },
      { name: "ours, reading alone", run: () => readOnly(path) },
      { name: "DuckDB's COPY to a file", run: () => copy(path, shape.header, copyPath) },
      ...(other === undefined
        ? []
        : [{ name: "the other build", run: () => exported(other, path, () => undefined) }]),
    ];
    const digest = await digestOf(own, path);
    await copy(path, shape.header, copyPath);
    const copied = createHash("sha256").update(readFileSync(copyPath)).digest("hex");
    if (copied !== digest) throw new Error(`Our text of ${shape.name} isn't that of DuckDB's COPY.`);
    if (other !== undefined && (await digestOf(other, path)) !== digest)
      throw new Error(`Our text of ${shape.name} isn't that of the other build.`);
    const taken = await runInTurns(
      contenders.map(({ run }) => run),
      rounds,
    );
    const [ours = []] = taken;
    process.stdout.write(
      `${shape.name}: ${(bytes / 1e6).toFixed(0)} MB; Node ${process.versions.node}; how much longer than ours\n`,
    );
    for (const [index, { name }] of contenders.entries()) {
      const all = taken[index] ?? [];
      process.stdout.write(
        `  ${name.padEnd(26)}${(bytes / medianSeconds(all) / 1e6).toFixed(0).padStart(5)} MB/s  ${ratiosText(all, ours)}\n`,
      );
    }
  }
} finally {
  connection.closeSync();
  instance.closeSync();
  rmSync(folder, { recursive: true });
}
