import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { before, test } from "node:test";
import { build } from "esbuild";
import { pack, root, type Packed } from "./tarball.ts";

let packed: Packed;
let paths: ReadonlySet<string>;

before(async () => {
  packed = await pack(["--dry-run"]);
  paths = new Set(packed.files.map(({ path }) => path));
});

test("the tarball holds what is used and read, and no program for those who work on the package", (t) => {
  const { size, unpackedSize } = packed;
  t.diagnostic(
    `${paths.size} files, ${Math.round(size / 1024)} KiB packed, ${Math.round(unpackedSize / 1024)} KiB unpacked`,
  );
  const places = [...paths].map((path) => /^(?:dist\/[^/]+|[^/]+)/.exec(path)?.[0] ?? path);
  assert.deepEqual(
    [...new Set(places)].toSorted(),
    [
      "CHANGELOG.md",
      "CONTRIBUTING.md",
      "LICENSE",
      "README.md",
      "SECURITY.md",
      "dist/bench",
      "dist/bin",
      "dist/bundle",
      "dist/src",
      "docs",
      "examples",
      "fixtures",
      "package.json",
    ].toSorted(),
  );
  const fixtures = [...paths].filter((path) => path.startsWith("fixtures/"));
  assert.deepEqual(fixtures, ["fixtures/calibration/gate.jsonl"]);
});

test("every entry of the package, and the program, is in the tarball", async () => {
  const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    readonly bin: Readonly<Record<string, string>>;
    readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
    readonly imports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  };
  const entries = [manifest.exports, manifest.imports]
    .flatMap((targets) => Object.values(targets))
    .flatMap((entry) => (typeof entry === "string" ? [entry] : Object.values(entry)))
    // The types of what only the program itself imports are needed where it is built.
    .filter((entry) => entry !== "./dist/bin/main.d.ts");
  for (const entry of [...entries, ...Object.values(manifest.bin)])
    assert.ok(paths.has(posix.normalize(entry)), entry);
});

test("every import between files of the tarball leads to one of them", async () => {
  let imports = 0;
  for (const path of paths) {
    if (!/\.(?:js|d\.ts)$/.test(path)) continue;
    const text = await readFile(join(root, path), "utf8");
    for (const [, specifier = ""] of text.matchAll(/(?:from |import\(|import )"(\.[^"]+)"/g)) {
      imports += 1;
      // Declarations keep the ending of the source, which TypeScript takes for its declaration.
      const target = posix.join(posix.dirname(path), specifier);
      const file = path.endsWith(".d.ts") ? target.replace(/\.ts$/, ".d.ts") : target;
      assert.ok(paths.has(file), `${path} imports ${specifier}`);
    }
  }
  assert.ok(imports > 500, `${imports} imports`);
});

test("an accidental publish is refused, since the name belongs to somebody else", async () => {
  const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as object;
  assert.equal("private" in manifest && manifest.private, true);
});

test("no page runs npx stream-csv before it says how the package is installed", async () => {
  let pages = 0;
  for (const path of [...paths].filter((name) => name.endsWith(".md") || name.endsWith(".js"))) {
    const text = await readFile(join(root, path), "utf8");
    const at = text.indexOf("npx stream-csv");
    if (at < 0) continue;
    pages += 1;
    assert.match(text.slice(0, at), /npm (?:ci|install)\b/, path);
  }
  assert.ok(pages > 0);
});

/**
 * Packages whose modules an entry may load, also later on, as a bundler follows its imports: pg only where a database is
 * configured. The server's processes are programs of their own.
 */
const needed: Readonly<Record<string, readonly string[]>> = {
  "index.js": ["cookie", "csv-stringify", "mime", "negotiator"],
  "server.js": ["cookie", "csv-stringify", "mime", "negotiator", "pg", "pino", "prom-client", "valibot"],
};

const bundle = join(root, "dist/bundle");
const programs = ["worker.js", "builder.js"];

for (const [entry, packages] of Object.entries(needed)) {
  test(`${entry} needs ${packages.join(", ")}, and what those need`, async () => {
    const own = new Set<string>(packages);
    const { metafile } = await build({
      entryPoints: [entry, ...(entry === "server.js" ? programs : [])].map((name) => join(bundle, name)),
      outdir: root,
      bundle: true,
      platform: "node",
      format: "esm",
      write: false,
      metafile: true,
      logLevel: "silent",
      // What each package needs itself is its own affair.
      plugins: [
        {
          name: "packages",
          setup: ({ onResolve }) => {
            onResolve({ filter: /^[^./]/ }, ({ path, importer }) =>
              importer === "" ? null : { path, external: true },
            );
          },
        },
      ],
    });
    const imported = Object.values(metafile.inputs).flatMap(({ imports }) => imports.map(({ path }) => path));
    const found = imported
      .filter((path) => !path.startsWith("node:") && !path.startsWith("dist/"))
      .map((path) => /^(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path)
      // Optional peers, loaded with the first file that needs them.
      .filter(
        (name) =>
          ![
            "@aws-sdk/client-s3",
            "@aws-sdk/s3-request-presigner",
            "@opentelemetry/api",
            "bullmq",
            "ioredis",
            "@duckdb/node-api",
            "fzstd",
            "jose",
          ].includes(name),
      );
    assert.deepEqual([...new Set(found)].toSorted(), [...own].toSorted());
  });
}
