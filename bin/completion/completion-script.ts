import { bashScript } from "./bash-script.ts";
import type { CompletedCommand } from "./completed-command.ts";
import { fishScript } from "./fish-script.ts";
import { zshScript } from "./zsh-script.ts";

/** The shells that have a completion. */
export const shells = ["bash", "zsh", "fish"] as const;

export type Shell = (typeof shells)[number];

const scripts: Readonly<Record<Shell, (program: string, commands: readonly CompletedCommand[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** The script that completes commands, flags and their values in a shell. */
export function completionScript(
  shell: Shell,
  program: string,
  commands: readonly CompletedCommand[],
): string {
  return scripts[shell](program, commands);
}
