import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { mapConcurrently } from "../async/map-concurrently.ts";
import { Entry } from "./entry.ts";
import { ownFileStats, readOwnNote } from "./own-file.ts";
import { parseSidecar } from "./sidecar.ts";
import { parseSpoolFileName, spoolFileName, type BuildName } from "./spool-file.ts";

/**
 * The complete files of earlier runs in a folder, the least recently used first, not yet checked. Partial files,
 * files without a valid sidecar, and all but the last used file of a key are removed. Files of other users, links,
 * pipes and other things with such a name stay.
 */
export async function earlierFiles(directory: string, uid: number | undefined): Promise<readonly Entry[]> {
  const found = new Map<string, { readonly entry: Entry; readonly usedAtMs: number }>();
  const texts = new Map<string, string>();
  const files = await mapConcurrently(await readdir(directory), async (name) => {
    const parsed = parseSpoolFileName(name);
    const path = join(directory, name);
    if (parsed === undefined || (await ownFileStats(path, uid)) === undefined) return undefined;
    const read = parsed.ending === "txt" ? await readEntry(directory, parsed, uid) : undefined;
    return { parsed, path, read };
  });
  for (const file of files) {
    if (file === undefined) continue;
    const { parsed, path, read } = file;
    if (parsed.ending === "csv") texts.set(parsed.id, path);
    else if (parsed.ending === "part") await rm(path, { force: true });
    else {
      const twin = found.get(parsed.key);
      if (read === undefined || (twin !== undefined && twin.usedAtMs >= read.usedAtMs)) {
        await rm(path, { force: true });
      } else {
        if (twin !== undefined) await rm(join(directory, spoolFileName(twin.entry, "txt")), { force: true });
        found.set(parsed.key, read);
      }
    }
  }
  const entries = [...found.values()]
    .toSorted((left, right) => left.usedAtMs - right.usedAtMs)
    .map(({ entry }) => entry);
  for (const { id } of entries) texts.delete(id);
  for (const path of texts.values()) await rm(path, { force: true });
  return entries;
}

/** Reads a sidecar and its file; undefined unless they match. */
async function readEntry(
  directory: string,
  name: BuildName,
  uid: number | undefined,
): Promise<{ readonly entry: Entry; readonly usedAtMs: number } | undefined> {
  const sidecar = join(directory, spoolFileName(name, "txt"));
  const path = join(directory, spoolFileName(name, "csv"));
  const built = parseSidecar((await readOwnNote(sidecar, uid)) ?? "");
  const stats = await ownFileStats(path, uid);
  const usedAt = await ownFileStats(sidecar, uid);
  if (built === undefined || usedAt === undefined || stats?.size !== BigInt(built.bytes)) return undefined;
  const entry = new Entry(name.id, { key: name.key, path, ...built });
  return { entry, usedAtMs: Number(usedAt.mtimeNs) / 1e6 };
}
