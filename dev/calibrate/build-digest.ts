import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** What a gate run measures, is measured with and is burdened by; what only reports or serves other programs isn't in it. */
const parts = [
  "src",
  "dev/calibrate",
  "bench/gate",
  "bench/load",
  "bench/probe",
  "bench/result",
  "bench/run",
  "bench/scenario",
  "bench/statistics",
  "bench/subject",
  "bench/session",
  "fixtures/programs",
];

/**
 * A digest of the code that decides what a gate run shows. Unlike the commit it stays the same when results or
 * documents are committed, so that a calibration can be committed in between and still goes on.
 */
export async function buildDigest(): Promise<string> {
  const hash = createHash("sha256");
  for (const part of parts) {
    const files = await readdir(join(root, part), { recursive: true });
    for (const file of files.filter((name) => name.endsWith(".js")).toSorted()) {
      hash.update(`${part}/${file.replaceAll(sep, "/")}\0`).update(await readFile(join(root, part, file)));
    }
  }
  return hash.digest("hex").slice(0, 16);
}
