import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { StreamCsvError } from "../../errors.ts";
import type { BuiltFile, SpoolRoom } from "../../spool/spool-file.ts";
import { Link, type Notes } from "./ipc.ts";
import { nodeFlags } from "./node-flags.ts";
import type { BuilderHostMethods, BuilderMethods, BuildRequest } from "./message.ts";

type Builder = Link<BuilderMethods, Notes>;

/**
 * Builds a spool file in a process of its own, so that no worker pays for it; the process is gone when this settles.
 * @throws what the build throws; `SCSV_WORKER_FAILED` when the process dies; the signal's reason when aborted
 */
export async function buildFile(
  request: BuildRequest,
  room: SpoolRoom,
  signal: AbortSignal,
): Promise<BuiltFile> {
  const host: BuilderHostMethods = {
    reserve: ({ atLeast, wanted }) => room.reserve(atLeast, wanted),
    freeDisk: () => room.freeDisk(),
  };
  const died = `The process that wrote the file of "${request.name}" died.`;
  return await withBuilder(host, signal, died, (builder) => builder.call("build", request));
}

/** SHA-256 of a file, hexadecimal, computed in such a process as well. */
export async function digestFile(path: string, signal: AbortSignal): Promise<string> {
  const died = "The process that checked a prepared file died.";
  return await withBuilder({}, signal, died, (builder) => builder.call("digest", path));
}

async function withBuilder<T>(
  host: Partial<BuilderHostMethods>,
  signal: AbortSignal,
  died: string,
  ask: (builder: Builder) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const child = fork(fileURLToPath(new URL("../builder.js", import.meta.url)), {
    execArgv: [...nodeFlags],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const builder: Builder = new Link(child, host, {});
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const stop = (): void => {
    child.kill("SIGKILL");
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await ask(builder);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StreamCsvError && error.code === "SCSV_WORKER_FAILED")
      throw new StreamCsvError("SCSV_WORKER_FAILED", died, { cause: error });
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
    await exited;
  }
}
