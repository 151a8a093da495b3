import { resolve } from "node:path";
import type { Command } from "commander";
import type { CommandMaker } from "../option.ts";
import { findConfiguration } from "./find-configuration.ts";

/** The commands that read the configuration, and the group that sets their flags. */
const groupOfCommand: Readonly<Record<string, "server" | "bench" | null>> = {
  serve: "server",
  bench: "bench",
  export: null,
  check: null,
  link: null,
  work: null,
};

/**
 * Has the commands of a program read the configuration before they begin: their flags are set from their group, and `configuration`
 * among the options is what was loaded. Without a configuration nothing is loaded.
 * @param makers the commands whose flags can be set
 */
export function useConfiguration(
  program: Command,
  makers: { readonly serve: CommandMaker; readonly bench: CommandMaker },
): void {
  program.hook("preAction", async (_, command) => {
    const group = groupOfCommand[command.name()];
    if (group === undefined) return;
    const file = fileAsked(program.opts<{ readonly config?: string | false }>().config);
    if (file === undefined) return;
    const { applyConfiguration } = await import("./apply-configuration.ts");
    await applyConfiguration(command, group, file, makers);
  });
}

/** What `--config FILE` and `--no-config` ask for, or else the configuration of the working directory. */
function fileAsked(asked: string | false | undefined): string | undefined {
  if (asked === false) return undefined;
  if (asked === "") throw new RangeError('--config "" names no file.');
  return asked === undefined ? findConfiguration(process.cwd()) : resolve(asked);
}
