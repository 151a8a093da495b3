import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpus, release } from "node:os";
import { promisify } from "node:util";
import type { Environment } from "../result/result.ts";
import { memoryLimitBytes } from "./memory-limit.ts";

const run = promisify(execFile);

/** What the numbers of a run depend on, beside the code. The commit is that of the working directory. */
export async function describeEnvironment(): Promise<Environment> {
  const machine = {
    node: process.version,
    os: `${process.platform} ${release()} ${process.arch}`,
    cpuModel: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryLimitBytes: memoryLimitBytes(),
  };
  return { ...machine, gitSha: await gitSha(), fingerprint: fingerprint(machine) };
}

/** The absolute numbers of two runs with the same fingerprint may be compared. */
function fingerprint(machine: Readonly<Record<string, string | number>>): string {
  return createHash("sha256").update(JSON.stringify(machine)).digest("hex").slice(0, 16);
}

async function gitSha(): Promise<string | null> {
  try {
    const { stdout } = await run("git", ["rev-parse", "HEAD"], { timeout: 5000 });
    return stdout.trim();
  } catch {
    // No git, no repository or no commit: a run without a version is still a run.
    return null;
  }
}
