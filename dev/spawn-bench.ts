import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseResult } from "../bench/result/read-result.ts";
import type { BenchResult } from "../bench/result/result.ts";

/** How a bench ended. */
export interface BenchEnd {
  readonly exitCode: number | null;
  /** What it wrote to its standard error. */
  readonly errors: string;
  /** Null if it wrote none. */
  readonly result: BenchResult | null;
}

/**
 * Runs `bench` of a version of stream-csv in a process, as a user would.
 * @param options.signal interrupts the bench; the promise is settled only when its process has ended
 */
export async function spawnBench(
  program: string,
  flags: readonly string[],
  { signal, cwd }: { readonly signal: AbortSignal; readonly cwd?: string },
): Promise<BenchEnd> {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-bench-"));
  const output = join(folder, "result.json");
  try {
    const child = spawn(process.execPath, [program, "bench", ...flags, "-o", `json=${output}`], {
      stdio: ["ignore", "ignore", "pipe"],
      cwd,
      signal,
      killSignal: "SIGINT",
    });
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    const closed = new Promise((resolve) => child.once("close", resolve));
    // An abort raises an error before the process has ended, which `closed` waits for.
    child.on("error", () => undefined);
    if (child.pid === undefined) await once(child, "spawn");
    await closed;
    const result = existsSync(output) ? parseResult(await readFile(output, "utf8"), output) : null;
    return { exitCode: child.exitCode, errors, result };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
