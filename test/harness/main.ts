import type { TestContext } from "node:test";
import { main } from "../../bin/main.ts";
import type { Ended } from "./cli.ts";

/**
 * What the program answers to arguments that it refuses, without a process of its own: starting one takes far longer than
 * the answer. Nothing else may write to standard error meanwhile.
 */
export async function runMain(
  t: TestContext,
  args: readonly string[],
): Promise<Pick<Ended, "exitCode" | "stderr">> {
  const exitCodeBefore = process.exitCode;
  let stderr = "";
  const { mock } = t.mock.method(process.stderr, "write", (text: string) => (stderr += text) !== "");
  try {
    return { exitCode: await main([process.execPath, "stream-csv", ...args]), stderr };
  } finally {
    mock.restore();
    process.exitCode = exitCodeBefore;
  }
}
