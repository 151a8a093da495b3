import { spawn } from "node:child_process";

/** Runs a system program to its end; true if its exit code was 0. */
export async function runSystemTool(command: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(command, args, { stdio: "ignore" });
  return await new Promise<boolean>((resolve) => {
    child.once("exit", (exitCode) => resolve(exitCode === 0));
    child.once("error", () => resolve(false));
  });
}
