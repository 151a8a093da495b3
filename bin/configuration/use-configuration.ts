import type { Command } from "commander";
import type { CommandMaker } from "../option.ts";
import { fileAsked } from "./file-asked.ts";

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
