import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { StreamCsvError } from "../../errors.ts";
import type { BuiltFile } from "../../spool/spool.ts";
import { Link, type Notes } from "./ipc.ts";
import { nodeFlags } from "./node-flags.ts";
import type { BuilderHostMethods, BuilderMethods, BuildRequest } from "./message.ts";

/**
 * Builds a spool file in a process of its own, so that no worker pays for it; the process is gone when this settles.
 * @throws what the build throws; `SCSV_WORKER_FAILED` when the process dies; the signal's reason when aborted
 */
export async function buildFile(
  request: BuildRequest,
  reserve: (bytes: number) => void,
  signal: AbortSignal,
): Promise<BuiltFile> {
  signal.throwIfAborted();
  const child = fork(fileURLToPath(new URL("../builder.js", import.meta.url)), {
    execArgv: [...nodeFlags],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const hostMethods: BuilderHostMethods = { reserve };
  const link = new Link<BuilderMethods, Notes>(child, hostMethods, {});
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const stop = (): void => {
    child.kill("SIGKILL");
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await link.call("build", request);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StreamCsvError && error.code === "SCSV_WORKER_FAILED") {
      throw new StreamCsvError(
        "SCSV_WORKER_FAILED",
        `The process that wrote the file of "${request.name}" died.`,
        { cause: error },
      );
    }
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
    await exited;
  }
}
