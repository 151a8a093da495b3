import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Why tests with their own namespaces are skipped; false if namespaces can be created. */
export const noNamespaces =
  spawnSync("unshare", ["--mount", "--pid", "--fork", "--mount-proc", "true"]).status === 0
    ? false
    : "namespaces can't be made: needs Linux, util-linux and the right to use them";

/**
 * Runs a program for which a folder is a separate file system in memory, of the size in its options. No other process
 * sees it, and it disappears with the program.
 */
export function underTmpfs(folder: string, options: string): readonly string[] {
  const script = 'mount -t tmpfs -o "$1" none "$2" && shift 2 && exec "$@"';
  return ["unshare", "--mount", "sh", "-c", script, "sh", options, folder];
}

/** Runs a program as process 1 of a namespace, as a container does. */
export const underPidNamespace: readonly string[] = [
  "unshare",
  "--pid",
  "--fork",
  "--kill-child",
  "--mount-proc",
];

/** Runs a command in the mount namespace of a running program. */
export function within(pid: number | undefined, command: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync("nsenter", ["--target", String(pid), "--mount", ...command], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
  return stdout;
}

/** The child of a process such as unshare. */
export function onlyChildOf(pid: number | undefined): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim());
}
