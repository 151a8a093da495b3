import type { ExportProgress } from "../../body/encode-batches.ts";
import { ownProgram } from "../../own-program.ts";
import type { BuiltFile, SpoolRoom } from "../spool-file.ts";
import type { BuilderHostMethods, BuilderMethods, BuildRequest } from "./builder-messages.ts";
import { inMakerProcess, type MakerLimits } from "./maker-process.ts";

/** How a file is built or checked. */
export interface BuildOptions {
  /** Called about once a second while a file is built. */
  readonly onProgress?: (progress: ExportProgress) => void;
  /** @default 30 s without an answer, 5 minutes without progress */
  readonly limits?: MakerLimits;
}

/**
 * Builds a spool file in its own process, so that it slows down no worker. The process is gone when this settles.
 * @throws what the build throws, and what `inMakerProcess` throws
 */
export async function buildFile(
  request: BuildRequest,
  room: SpoolRoom,
  signal: AbortSignal,
  options: BuildOptions = {},
): Promise<BuiltFile> {
  const host: BuilderHostMethods = {
    reserve: ({ atLeast, wanted }) => room.reserve(atLeast, wanted),
    freeDisk: () => room.freeDisk(),
  };
  const work = `wrote the file of "${request.name}"`;
  return await inMakerProcess<BuilderMethods, BuiltFile>(
    { program: ownProgram("#builder"), work, host, signal, ...options },
    (link) => link.call("build", request),
  );
}

/** Computes the SHA-256 of a file, hexadecimal, in its own process too. */
export async function digestFile(
  path: string,
  signal: AbortSignal,
  options: BuildOptions = {},
): Promise<string> {
  const work = "checked a prepared file";
  return await inMakerProcess<BuilderMethods, string>(
    { program: ownProgram("#builder"), work, host: {}, signal, ...options },
    (link) => link.call("digest", path),
  );
}
