import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { before, test } from "node:test";
import { pack, root, type Packed } from "./tarball.ts";

let packed: Packed;
let paths: ReadonlySet<string>;

before(async () => {
  packed = await pack(["--dry-run"]);
  paths = new Set(packed.files.map(({ path }) => path));
});

test("the tarball holds what is used and read, and nothing for those who work on the package", (t) => {
  const { size, unpackedSize } = packed;
  t.diagnostic(
    `${paths.size} files, ${Math.round(size / 1024)} KiB packed, ${Math.round(unpackedSize / 1024)} KiB unpacked`,
  );
  const places = [...paths].map((path) => /^(?:dist\/[^/]+|[^/]+)/.exec(path)?.[0] ?? path);
  assert.deepEqual(
    [...new Set(places)].toSorted(),
    [
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "dist/bench",
      "dist/bin",
      "dist/src",
      "docs",
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
  };
  const entries = Object.values(manifest.exports).flatMap((entry) =>
    typeof entry === "string" ? [entry] : Object.values(entry),
  );
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
