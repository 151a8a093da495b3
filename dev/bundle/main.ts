/**
 * Puts what is shipped into few files: a program that looks for 30 modules instead of 150 starts in two thirds of the time
 * (`dev/micro/start.ts`). All share the parts they have in common, so that a configuration that imports the package gets the
 * classes of the program that reads it. Packages stay outside.
 *
 *     node dist/dev/bundle/main.js
 */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = join(root, "dist", "bundle");

/** By the names in `exports` and `imports` of package.json. */
const entries = {
  index: "src/index.ts",
  server: "src/server.ts",
  bench: "bench/index.ts",
  main: "bin/main.ts",
  worker: "src/server/worker/worker.ts",
  builder: "src/spool/builder/builder.ts",
  uploader: "src/job/store/s3/uploader.ts",
  "sqlite-reader": "src/source/sqlite/process/main.ts",
  "sqlite-parent-watch": "src/source/sqlite/process/watch-parent.ts",
};

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: Object.entries(entries).map(([out, source]) => ({ out, in: source })),
  outdir: folder,
  chunkNames: "part-[hash]",
  bundle: true,
  splitting: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: "node20.20",
  // Classes that name themselves would be renamed, and messages name them.
  keepNames: true,
  metafile: true,
  logLevel: "warning",
});
// Parts that an older build left.
const written = new Set(Object.keys(metafile.outputs).map((path) => join(root, path)));
for (const name of await readdir(folder)) {
  const path = join(folder, name);
  if (!written.has(path)) await rm(path);
}
