import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
/**
 * The code that a gate run measures, measures with and is handicapped by; not the code that only reports or serves other
 * programs.
 */
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
 * A digest of the code that decides the result of a gate run. Unlike the commit it doesn't change when results or
 * documents are committed, so a calibration can continue after a commit of its results.
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
