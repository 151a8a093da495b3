import type { Command, Option } from "commander";
import type { CommandMaker } from "../option.ts";
import { applySettings, type OwnSettings } from "./apply-settings.ts";
import type { FlagGroup } from "./configuration-schema.ts";
import { loadConfiguration } from "./load-configuration.ts";
import { serveSettings } from "./serve-settings.ts";

const ownSettings: Readonly<Record<"server" | "bench", OwnSettings>> = {
  server: serveSettings,
  bench: {},
};

/** Loads a configuration and sets the flags of a command from one of its groups. */
export async function applyConfiguration(
  command: Command,
  group: "server" | "bench" | null,
  file: string,
  makers: { readonly serve: CommandMaker; readonly bench: CommandMaker },
): Promise<void> {
  const ofProgram = command.parent?.options ?? [];
  const loaded = await loadConfiguration(file, {
    server: await flagGroup(makers.serve, ofProgram, "server"),
    bench: await flagGroup(makers.bench, ofProgram, "bench"),
  });
  command.setOptionValue("configuration", loaded);
  if (group === null) return;
  const settings = loaded.configuration[group] ?? {};
  applySettings(command, settings, ownSettings[group], { name: group, file });
}

async function flagGroup(
  make: CommandMaker,
  ofProgram: readonly Option[],
  group: "server" | "bench",
): Promise<FlagGroup> {
  const { options } = await make();
  return { options: [...options, ...ofProgram], own: Object.keys(ownSettings[group]) };
}
