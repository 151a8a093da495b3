import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** The three buildings' storeys; what isn't in the table has no place in the house. See docs/reference/architecture.md. */
const storeys: Readonly<Record<string, number>> = {
  "src/errors": 0,
  "src/units": 0,
  "src/clock": 0,
  "src/csv": 1,
  "src/async": 1,
  "src/socket": 1,
  "src/ipc": 1,
  "src/admission": 1,
  "src/body": 2,
  "src/source": 3,
  "src/compression": 3,
  "src/response": 4,
  "src/csv-options": 5,
  "src/csv-chunks": 6,
  "src/csv-response": 7,
  "src/export": 5,
  "src/spool": 6,
  "src/server": 7,
  "src/index": 9,
  "bench/statistics": 1,
  "bench/result": 1,
  "bench/probe": 2,
  "bench/load": 2,
  "bench/subject": 3,
  "bench/session": 4,
  "bench/report": 4,
  "bench/scenario": 5,
  "bench/gate": 6,
  "bench/run": 7,
  "bench/index": 8,
  "dev/calibrate": 0,
  "dev/faults": 0,
  "dev/gate": 0,
  "dev/write-golden": 0,
  "dev/load": 0,
  "dev/micro": 0,
  "dev/peers": 0,
  "bin/option": 0,
  "bin/sink": 0,
  "bin/standard-output": 0,
  "bin/terminal": 0,
  "bin/explain": 0,
  "bin/gzip-sink": 1,
  "bin/github": 0,
  "bin/signal": 0,
  "bin/identity": 0,
  "bin/config-file": 1,
  "bin/serve-settings": 2,
  "bin/served-file": 0,
  "bin/file-flags": 0,
  "bin/output": 1,
  "bin/bench-progress": 1,
  "bin/reference-digest": 1,
  "bin/bench-flags": 2,
  "bin/command": 3,
  "bin/main": 4,
  "bin/stream-csv": 5,
};

/** Rooms whose files may read `process`; the law keeps the rest free of the outside world. */
const mayTouchProcess = [
  "src/ipc",
  "src/spool",
  "src/server",
  "bench/probe",
  "bench/load",
  "bench/subject",
  "dev",
  "bin",
];

const root = fileURLToPath(new URL("../..", import.meta.url));

interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** What a file's import statements say, as the law sees them; an empty list is a lawful file. */
function breaches({ path, text }: SourceFile): readonly string[] {
  const found: string[] = [];
  const own = roomOf(path);
  if (storeys[own] === undefined) found.push(`${path}: the room "${own}" has no storey`);
  for (const specifier of importsOf(text)) {
    if (specifier.startsWith(".")) {
      const breach = checkOwnImport(
        path,
        own,
        normalize(join(dirname(path), specifier)).replaceAll(sep, "/"),
      );
      if (breach !== undefined) found.push(`${path} imports ${specifier}: ${breach}`);
    } else if (own === "src/csv" && specifier.startsWith("node:")) {
      found.push(`${path} imports ${specifier}: csv/ is pure and imports no node: module`);
    }
  }
  if (/\bprocess\./.test(withoutComments(text)) && !mayTouchProcess.some((room) => path.startsWith(room))) {
    found.push(`${path} touches process`);
  }
  if (/\bprocess\.env\b/.test(withoutComments(text)) && path.startsWith("src/")) {
    found.push(`${path} reads the environment: settings come in by parameters, from bin`);
  }
  if (/\bconsole\./.test(withoutComments(text))) found.push(`${path} uses console`);
  if (/process\.(stdout|stderr)\b/.test(withoutComments(text)) && !/^(bin|dev)\//.test(path)) {
    found.push(`${path} prints`);
  }
  return found;
}

function checkOwnImport(path: string, own: string, target: string): string | undefined {
  const other = roomOf(target);
  const [from = "", to = ""] = [own.split("/")[0], other.split("/")[0]];
  // For those who work here, and never shipped: nothing imports it, and it may look into every room.
  if (from === "dev" && to !== "test") return undefined;
  if (own === other) return undefined;
  if (from === to) {
    const [low, high] = [storeys[other], storeys[own]];
    if (low === undefined) return `the room "${other}" has no storey`;
    return high !== undefined && low < high ? undefined : `${other} isn't below ${own}`;
  }
  const allowed: Readonly<Record<string, readonly string[]>> = {
    bin: ["bench", "src"],
    bench: ["src"],
    src: [],
  };
  if (!(allowed[from] ?? []).includes(to)) return `${from} may not know ${to}`;
  return target === `${to}/index.ts` ? undefined : `${to} is entered through ${to}/index.ts only`;
}

/** `src/csv/dialect.ts` is in the room `src/csv`; a file right in a building is a room of its own. */
function roomOf(path: string): string {
  const [building = "", room = ""] = path.split("/");
  return `${building}/${room.replace(/\.ts$/, "")}`;
}

function importsOf(text: string): readonly string[] {
  const bare = withoutComments(text);
  const statements = bare.matchAll(
    /^\s*(?:import|export)\b[^;]*?\bfrom\s*"([^"]+)"|^\s*import\s*"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gm,
  );
  return [...statements].map(([, from, bareImport, dynamic]) => from ?? bareImport ?? dynamic ?? "");
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
}

function filesOf(building: string): readonly SourceFile[] {
  return readdirSync(join(root, building), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(building, name).replaceAll(sep, "/"))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

test("every import of src, bench, bin and dev keeps the law", () => {
  const files = ["src", "bench", "bin", "dev"].flatMap(filesOf);
  assert.ok(files.length > 20, `only ${files.length} files were read`);
  assert.deepEqual(files.flatMap(breaches), []);
});

const planted: readonly (readonly [name: string, path: string, text: string])[] = [
  ["an import of a higher storey", "src/csv/a.ts", 'import { x } from "../server/b.ts";'],
  ["an import of a room on the same storey", "src/source/a.ts", 'import { x } from "../compression/b.ts";'],
  ["a type import of a higher storey", "src/response/a.ts", 'import type { X } from "../export/b.ts";'],
  ["a re-export from a higher storey", "src/body/a.ts", 'export * from "../response/b.ts";'],
  ["a dynamic import of a higher storey", "src/csv/a.ts", 'const x = await import("../spool/b.ts");'],
  ["src that knows bench", "src/server/a.ts", 'import { x } from "../../bench/index.ts";'],
  [
    "bench that enters src by a side door",
    "bench/load/a.ts",
    'import { x } from "../../src/csv/dialect.ts";',
  ],
  ["bin that enters bench by a side door", "bin/option.ts", 'import { x } from "../bench/load/a.ts";'],
  ["bin that knows dev", "bin/option.ts", 'import { x } from "../dev/faults/main.ts";'],
  ["bench that knows dev", "bench/load/a.ts", 'import { x } from "../../dev/faults/main.ts";'],
  ["a node: module in csv", "src/csv/a.ts", 'import { Buffer } from "node:buffer";'],
  ["an import over several lines", "src/csv/a.ts", 'import {\n  x,\n  y,\n} from "../server/b.ts";'],
  ["process in a pure room", "src/response/a.ts", "export const pid = process.pid;"],
  ["a setting by the environment in src", "src/server/a.ts", 'export const x = process.env["X"];'],
  ["printing outside bin", "src/server/a.ts", 'process.stdout.write("x");'],
  ["a room without a storey", "src/helpers/a.ts", "export const x = 1;"],
];

for (const [name, path, text] of planted) {
  test(`notices ${name}`, () => {
    assert.equal(breaches({ path, text }).length, 1);
  });
}
