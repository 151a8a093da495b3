import { spawn, type ChildProcess } from "node:child_process";

/**
 * Waits until its standard input ends, because the process that holds the other end is dead. Then it gives the guarded
 * process some seconds to end by itself. A process id that another process has by then has another start time (field 22 of
 * /proc/PID/stat); without /proc both are empty.
 */
const script = `
trap "" HUP INT TERM
since() { IFS= read -r line <"/proc/$1/stat" || return 0; set -- \${line##*) }; echo "\${20}"; }
at=$(since "$1")
read -r none
sleep 5
if [ "$(since "$1")" = "$at" ]; then kill -9 "$1"; fi
`;

/**
 * Ends a child process that hangs, should this process die meanwhile.
 *
 * A child ends by itself when its channel closes. In an endless loop it never notices that, and nobody is left to kill it.
 * A thread in every child that watches its parent would cost 10 MB each. So a shell is started, only while a child doesn't
 * answer. A child that begins to hang in the seconds before this process is killed stays, and so does one where there is no
 * `/bin/sh`.
 */
export class OrphanGuard {
  #shell: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();

  /** Call this when the child doesn't answer. */
  begin(pid: number): void {
    if (this.#shell !== undefined) return;
    const shell = startShell(pid);
    if (shell === undefined) return;
    this.#shell = shell;
    this.#ended = new Promise((resolve) => {
      shell.once("exit", () => resolve()).once("error", () => resolve());
    });
  }

  /** Call this when the child answers again, and when it has ended. Resolves when the shell is gone. */
  async end(): Promise<void> {
    this.#shell?.kill("SIGKILL");
    this.#shell = undefined;
    await this.#ended;
  }
}

/** Without a shell, or without what it needs, the child isn't guarded. This process kills it all the same, if it lives. */
function startShell(pid: number): ChildProcess | undefined {
  try {
    const args = ["-c", script, "stream-csv-guard", String(pid)];
    // A lack of memory is thrown; of descriptors, or of a shell, an event tells.
    return spawn("/bin/sh", args, { stdio: ["pipe", "ignore", "ignore"] });
  } catch {
    return undefined;
  }
}
