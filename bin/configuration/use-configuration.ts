import type { Command, Option } from "commander";
import { applySettings, type OwnSettings } from "./apply-settings.ts";
import type { FlagGroup } from "./configuration-schema.ts";
import { loadConfiguration, type ConfigFlag } from "./load-configuration.ts";
import { serveSettings } from "./serve-settings.ts";

/** The commands that read the configuration, and the group that sets their flags. */
const groupOfCommand: Readonly<Record<string, "server" | "bench" | null>> = {
  serve: "server",
  bench: "bench",
  export: null,
  check: null,
  link: null,
};

const ownSettings: Readonly<Record<"server" | "bench", OwnSettings>> = {
  server: serveSettings,
  bench: {},
};

/**
 * Has the commands of a program read the configuration before they begin: their flags are set from their group, and `configuration`
 * among the options is what was loaded.
 */
export function useConfiguration(program: Command): void {
  program.hook("preAction", async (_, command) => {
    const group = groupOfCommand[command.name()];
    if (group === undefined) return;
    const { config } = program.opts<{ readonly config?: ConfigFlag }>();
    const loaded = await loadConfiguration(config, {
      server: flagGroup(program, "serve", "server"),
      bench: flagGroup(program, "bench", "bench"),
    });
    if (loaded === undefined) return;
    command.setOptionValue("configuration", loaded);
    if (group === null) return;
    const settings = loaded.configuration[group] ?? {};
    applySettings(command, settings, ownSettings[group], { name: group, file: loaded.file });
  });
}

function flagGroup(program: Command, name: string, group: "server" | "bench"): FlagGroup {
  const command = program.commands.find((each) => each.name() === name);
  const options: readonly Option[] = [...(command?.options ?? []), ...program.options];
  return { options, own: Object.keys(ownSettings[group]) };
}
