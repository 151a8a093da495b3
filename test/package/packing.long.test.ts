import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { npm, root } from "./tarball.ts";

test("packing begins with an empty dist, so that nothing stale is shipped", async () => {
  const copy = await mkdtemp(join(tmpdir(), "stream-csv-checkout-"));
  try {
    for (const name of ["package.json", "tsconfig.json", "bin", "src", "bench", "dev/bundle"])
      await cp(join(root, name), join(copy, name), { recursive: true });
    await symlink(join(root, "node_modules"), join(copy, "node_modules"), "junction");
    const stale = join(copy, "dist/bundle/stale.js");
    await mkdir(dirname(stale), { recursive: true });
    await writeFile(stale, "");
    await npm(["pack", "--dry-run"], copy);
    const built = await readdir(dirname(stale));
    assert.ok(built.includes("index.js") && !built.includes("stale.js"), built.join());
  } finally {
    await rm(copy, { recursive: true });
  }
});
