import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openCatalog } from "../../src/export/catalog.ts";
import { fitsPattern } from "../../src/server/access/name-pattern.ts";

const composed = "caf\u00E9";
const decomposed = "cafe\u0301";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "normal-forms-"));
  await writeFile(join(folder, `${decomposed}.csv`), "a\n1\n");
  await writeFile(join(folder, "other.csv"), "a\n2\n");
});
after(() => rm(folder, { recursive: true }));

test("an export is found by its name in either normal form, as macOS and a keyboard have them", async () => {
  for (const [given, asked] of [
    [decomposed, composed],
    [composed, decomposed],
  ] as const) {
    await using catalog = Object.assign(
      await openCatalog({ sources: [{ name: given, path: join(folder, "other.csv") }] }),
      { [Symbol.asyncDispose]: (): Promise<void> => catalog.close() },
    );
    assert.equal((await catalog.find(given)).name, given);
    assert.equal((await catalog.find(asked)).name, given);
    await assert.rejects(catalog.find("cafe"), { code: "SCSV_UNKNOWN_EXPORT" });
  }
});

test("a file that macOS has named is found by what people type", async () => {
  const catalog = await openCatalog({ sources: [join(folder, `${decomposed}.csv`)] });
  try {
    assert.equal((await catalog.find(composed)).name.normalize(), composed);
  } finally {
    await catalog.close();
  }
});

test("two exports whose names differ in their normal form alone are refused", async () => {
  const sources = [
    { name: composed, path: join(folder, "other.csv") },
    { name: decomposed, path: join(folder, "other.csv") },
  ];
  await assert.rejects(openCatalog({ sources }), { code: "SCSV_DUPLICATE_EXPORT" });
});

test("a token's pattern fits a name in either normal form", () => {
  assert.ok(fitsPattern(decomposed, composed));
  assert.ok(!fitsPattern(composed, "cafe*"));
  assert.ok(fitsPattern(`${composed}.table`, `${decomposed}.*`));
  assert.ok(!fitsPattern("cafe", composed));
});
