import { createHash, randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileDigest } from "../../src/spool/builder/file-digest.ts";
import type { FileMaker, SpoolRoom } from "../../src/spool/spool-file.ts";
import { Spool, type SpoolOptions } from "../../src/spool/spool.ts";

const folders: string[] = [];
after(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

/** The unit of sizes, because a file takes disk space in addition to its bytes. */
export const KiB = 1024;

export interface Made {
  readonly spool: Spool;
  readonly folder: string;
  /** The codes of the reported troubles so far. */
  readonly told: readonly string[];
}

export async function openSpool(
  folder: string,
  limitKiB: number,
  options: Partial<SpoolOptions> = {},
): Promise<Made> {
  const told: string[] = [];
  const spool = await Spool.open({
    directory: folder,
    limitBytes: limitKiB * KiB,
    uid: process.getuid?.(),
    newId: randomUUID,
    wallMs: () => Date.now(),
    requireFolder: () => Promise.resolve(false),
    onTrouble: ({ code }) => told.push(code),
    ...options,
  });
  return { spool, folder, told };
}

export async function makeSpool(limitKiB: number, options: Partial<SpoolOptions> = {}): Promise<Made> {
  const folder = await mkdtemp(join(tmpdir(), "spool-test-"));
  folders.push(folder);
  return await openSpool(folder, limitKiB, options);
}

export const keyOf = (letter: string): string => letter.repeat(64);
export const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The endings of a spool's files, by the first letter of their key. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).map((name) => name.replace(/^(.).{63}\.[0-9a-z-]+\./, "$1.")).toSorted();
}

export interface Builder extends FileMaker {
  readonly builds: () => number;
  readonly checks: () => number;
}

/** Builds a file of this many zeros; `write` may inject a fault. */
export function builder(
  kib: number,
  write: (path: string, bytes: Uint8Array, room: SpoolRoom) => Promise<void> = (path, bytes) =>
    writeFile(path, bytes),
): Builder {
  const content = Buffer.alloc(kib * KiB);
  let builds = 0;
  let checks = 0;
  return {
    build: async (path, room) => {
      builds += 1;
      await room.reserve(content.byteLength, content.byteLength);
      await write(path, content, room);
      return { bytes: content.byteLength, rows: 1, guardedCells: 0, sha256: sha256Of(content) };
    },
    digest: async ({ path }) => {
      checks += 1;
      return await fileDigest(path);
    },
    builds: () => builds,
    checks: () => checks,
  };
}

export function coded(code: string): Error {
  return Object.assign(new Error(`${code}: of a test`), { code });
}
