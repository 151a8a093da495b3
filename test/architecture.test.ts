import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { breachesOf, staleRows } from "./architecture/law.ts";
import { readModule, type ModuleFacts } from "./architecture/read-module.ts";
import { storeys } from "./architecture/storeys.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

function modulesOf(building: string): readonly ModuleFacts[] {
  return readdirSync(join(root, building), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(building, name).replaceAll(sep, "/"))
    .map((path) => readModule(path, readFileSync(join(root, path), "utf8")));
}

const house = ["src", "bench", "bin", "dev", "test", "fixtures"].flatMap(modulesOf);

test("the house keeps its law", () => {
  assert.ok(house.length > 500, `only ${house.length} files were read`);
  assert.deepEqual(breachesOf(house), []);
});

test("the tables of the law name only what exists", () => {
  assert.deepEqual(staleRows(house), []);
  const withoutOne = house.filter(({ path }) => path !== "src/source/open-source.ts");
  assert.deepEqual(staleRows(withoutOne), ["src/source/open-source"]);
});

/** Each folder, and below it its storeys, lowest first. */
function drawing(): string {
  const folders = Object.entries(storeys).map(([folder, rooms]) => {
    const levels = [...new Set(Object.values(rooms))].toSorted((one, other) => one - other);
    const lines = levels.map((level) => {
      const parts = Object.keys(rooms).filter((part) => rooms[part] === level);
      return `  ${level}  ${parts.join("  ")}\n`;
    });
    return `${folder}/\n${lines.join("")}`;
  });
  return `\n\`\`\`text\n${folders.join("")}\`\`\`\n\n`;
}

test("the page on architecture has the storeys as the law has them", () => {
  const page = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).find((name) =>
    name.endsWith("architecture.md"),
  );
  assert.ok(page !== undefined, "docs has no architecture.md");
  const file = join(root, "docs", page);
  const parts = readFileSync(file, "utf8").split(/^(<!-- .*storeys.* -->)$/m);
  assert.equal(parts.length, 5, `${page} needs two marks, one before and one after the storeys`);
  const whole = parts.with(2, drawing()).join("");
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, whole);
  assert.equal(readFileSync(file, "utf8"), whole);
});

/** The names of the folders of a building, down to some depth. */
function roomsOf(building: string, depth: number): readonly string[] {
  return readdirSync(join(root, building), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .filter(
      ({ parentPath }) =>
        relative(join(root, building), parentPath).split(sep).filter(Boolean).length < depth,
    )
    .map(({ name }) => name);
}

test("the drawing of the page on architecture names every room, and nothing that isn't there", () => {
  const page = readFileSync(join(root, "docs/reference/architecture.md"), "utf8");
  const drawn = /^```\n(bin\/ [^]*?)^```$/m.exec(page)?.[1] ?? "";
  for (const building of ["bin", "src", "bench", "dev"]) {
    const part = drawn.split(/^(?=\w)/m).find((text) => text.startsWith(`${building}/`)) ?? "";
    const names = [...part.slice(building.length + 1).matchAll(/([\w-]+)\/(?!\w)/g)].map(
      ([, name = ""]) => name,
    );
    const missing = roomsOf(building, building === "dev" ? 1 : 2).filter((room) => !names.includes(room));
    assert.deepEqual(missing, [], `rooms of ${building}/ that the drawing doesn't name`);
    const folders = roomsOf(building, Infinity);
    const strange = names.filter((name) => !folders.includes(name));
    assert.deepEqual(strange, [], `names in the drawing of ${building}/ that no folder has`);
    for (const [, rooms = "", storey] of part.matchAll(/^ {2}((?:[\w-]+\/ +)+)(?:.*? )?(\d)(?= {2}|$)/gm))
      for (const room of rooms.match(/[\w-]+/g) ?? [])
        assert.equal(Number(storey), storeys[building]?.[room], `the storey of ${room}/ in the drawing`);
  }
});

/** A breach, and the files that make it, put into the house as it is. */
const planted: readonly (readonly [
  name: string,
  files: Readonly<Record<string, string>>,
  message: RegExp,
])[] = [
  [
    "an import of a higher storey",
    { "src/csv/a.ts": 'import { x } from "../server/b.ts";' },
    /not below csv/,
  ],
  [
    "an import of a room on the same storey",
    { "src/source/a.ts": 'import { x } from "../compression/b.ts";' },
    /not below source/,
  ],
  [
    "a type import of a higher storey",
    { "src/response/a.ts": 'import type { X } from "../export/b.ts";' },
    /not below response/,
  ],
  [
    "a re-export from a higher storey",
    { "src/body/a.ts": 'export * from "../response/b.ts";' },
    /not below body/,
  ],
  [
    "a dynamic import of a higher storey",
    { "src/csv/a.ts": 'const x = await import("../spool/b.ts");' },
    /not below csv/,
  ],
  [
    "a type named by import() from a higher storey",
    { "src/response/a.ts": 'export type Y = import("../export/b.ts").X;' },
    /not below response/,
  ],
  [
    "a dynamic import by a template",
    { "src/csv/a.ts": "const x = await import(`../spool/b.ts`);" },
    /not below csv/,
  ],
  [
    "a file of src that imports its own package by name",
    { "src/csv/a.ts": 'import { x } from "stream-csv";' },
    /index\.ts is not below csv/,
  ],
  [
    "an import over several lines",
    { "src/csv/a.ts": 'import {\n  x,\n  y,\n} from "../server/b.ts";' },
    /not below csv/,
  ],
  [
    "an import upwards inside a room",
    { "src/server/http/a.ts": 'import { x } from "../worker/b.ts";' },
    /not below http in src\/server/,
  ],
  [
    "a worker that knows the primary",
    { "src/server/worker/a.ts": 'import type { X } from "../primary/b.ts";' },
    /not below worker in src\/server/,
  ],
  [
    "a file that imports a listed file above it",
    { "src/csv/fast/a.ts": 'import type { X } from "../fast-writer.ts";' },
    /fast-writer\.ts is not below fast in src\/csv/,
  ],
  [
    "an import upwards inside a folder of a room",
    { "src/server/worker/admission/a.ts": 'import type { X } from "../route/b.ts";' },
    /not below admission in src\/server\/worker/,
  ],
  ["a file that imports itself", { "test/harness/a.ts": 'import "./a.js";' }, /a circle in test\/harness/],
  [
    "a circle of two files in one folder",
    { "src/body/a.ts": 'import "./b.ts";', "src/body/b.ts": 'import type { A } from "./a.ts";' },
    /a circle in src\/body/,
  ],
  [
    "a circle of three files",
    {
      "src/csv/fast/a.ts": 'import "./b.ts";',
      "src/csv/fast/b.ts": 'import "./c.ts";',
      "src/csv/fast/c.ts": 'export * from "./a.ts";',
    },
    /a circle in src\/csv\/fast/,
  ],
  [
    "a circle between a folder and a file beside it",
    { "src/source/one.ts": 'import "./two/b.ts";', "src/source/two/a.ts": 'import "../one.ts";' },
    /a circle in src\/source/,
  ],
  [
    "a circle in the tests",
    { "test/harness/a.ts": 'import "./b.ts";', "test/harness/b.ts": 'import "./a.ts";' },
    /a circle in test\/harness/,
  ],
  [
    "src that knows bench",
    { "src/server/a.ts": 'import "../../bench/index.ts";' },
    /src may not import bench/,
  ],
  [
    "bench that enters src by a side door",
    { "bench/load/a.ts": 'import "../../src/csv/dialect.ts";' },
    /entered through src\/index\.ts or/,
  ],
  [
    "bin that enters bench by a side door",
    { "bin/option.ts": 'import "../bench/load/a.ts";' },
    /entered through bench\/index\.ts or/,
  ],
  ["bin that knows dev", { "bin/option.ts": 'import "../dev/faults/main.ts";' }, /bin may not import dev/],
  [
    "bench that knows a test",
    { "bench/load/a.ts": 'import "../../test/harness/ask.ts";' },
    /may not import test/,
  ],
  ["a node: module in csv", { "src/csv/a.ts": 'import { Buffer } from "node:buffer";' }, /csv\/ is pure/],
  [
    "a module of Node without node: in csv",
    { "src/csv/a.ts": 'import { Buffer } from "buffer";' },
    /csv\/ is pure/,
  ],
  ["process in a pure room", { "src/response/a.ts": "export const pid = process.pid;" }, /uses process/],
  ["process by an import", { "src/response/a.ts": 'import { pid } from "node:process";' }, /use the global/],
  ["process taken apart", { "src/response/a.ts": "const { pid } = process;" }, /uses process/],
  [
    "process by the global object",
    { "src/response/a.ts": "export const { pid } = globalThis.process;" },
    /uses process/,
  ],
  ["process passed on", { "src/response/a.ts": "export const x = [process];" }, /uses process/],
  [
    "the environment taken apart in src",
    { "src/server/shared/a.ts": "const { env } = process;" },
    /reads the environment/,
  ],
  [
    "a setting by the environment in src",
    { "src/server/a.ts": 'export const x = process.env["X"];', "src/server/b.ts": "" },
    /reads the environment/,
  ],
  ["printing outside bin", { "bench/load/a.ts": 'process.stdout.write("x");' }, /prints/],
  [
    "a stream of the terminal taken apart",
    { "bench/load/a.ts": "const { stdout: out } = process;" },
    /prints/,
  ],
  ["a console", { "bin/option.ts": 'console.log("x");' }, /uses console/],
  ["a room without a storey", { "src/helpers/a.ts": "export const x = 1;" }, /has no storey in src/],
  [
    "a folder without a storey in a flat room",
    { "src/async/slow/a.ts": "" },
    /"slow" has no storey in src\/async/,
  ],
  ["a part without a storey", { "src/server/helpers/a.ts": "" }, /has no storey in src\/server/],
  [
    "a folder that tools take for something else",
    { "dev/generated/a.ts": "" },
    /take a folder named "generated"/,
  ],
  [
    "two things of one name",
    { "src/csv/a.ts": "export type Twin = 1;", "bench/load/a.ts": "export function Twin() {}" },
    /Twin is exported by/,
  ],
  [
    "a name that the package exports, of another thing",
    { "src/body/a.ts": "function openSource() {}\nexport const x = openSource;" },
    /src\/body\/a\.ts has a openSource of its own, and src\/index\.ts exports another/,
  ],
  [
    "a long file without a reason",
    { "src/csv/a.ts": "export const x = 1;\n".concat("// A line.\n".repeat(250)) },
    /src\/csv\/a\.ts has 251 lines/,
  ],
];

for (const [name, files, message] of planted) {
  test(`notices ${name}`, () => {
    const added = Object.entries(files).map(([path, text]) => readModule(path, text));
    const others = house.filter(({ path }) => files[path] === undefined);
    const breaches = breachesOf([...others, ...added]);
    assert.ok(
      breaches.some((breach) => message.test(breach)),
      `found ${JSON.stringify(breaches)}`,
    );
  });
}

test("leaves alone what only looks like a breach", () => {
  const text = `
    // import { x } from "../server/b.ts"; process.env.X
    const a = 'import "../server/b.ts"';
    const worker = { process: { env: a }, console: 1 };
    type Worker = { process: string };
    export const lawful = [worker.process.env, \`process.env.\${a}\`];`;
  assert.deepEqual(breachesOf([readModule("src/csv/lawful.ts", text)]), []);
});
