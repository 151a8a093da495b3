import type { Command, Option } from "commander";
import type { CommandMaker } from "../option.ts";
import { applySettings, type OwnSettings } from "./apply-settings.ts";
import { benchSettings } from "./bench-settings.ts";
import type { FlagGroup, FlagGroups } from "./configuration-schema.ts";
import { isOfConfiguration } from "./is-of-configuration.ts";
import { loadConfiguration } from "./load-configuration.ts";
import { serveSettings } from "./serve-settings.ts";

function ownSettings(file: string): Readonly<Record<"server" | "bench", OwnSettings>> {
  return { server: serveSettings, bench: benchSettings(file) };
}

/** Loads a configuration and sets the flags of a command from one of its groups. */
export async function applyConfiguration(
  command: Command,
  group: "server" | "bench" | null,
  file: string,
  makers: { readonly serve: CommandMaker; readonly bench: CommandMaker },
): Promise<void> {
  const loaded = await loadConfiguration(file, await flagGroups(makers, command.parent?.options ?? []));
  command.setOptionValue("configuration", loaded);
  if (group === null) return;
  const settings = loaded.configuration[group] ?? {};
  applySettings(command, settings, ownSettings(file)[group], {
    name: group,
    file,
    isExport: (name) => isOfConfiguration(name, loaded),
  });
}

/** The flags that the groups of a configuration can set. */
export async function flagGroups(
  makers: { readonly serve: CommandMaker; readonly bench: CommandMaker },
  ofProgram: readonly Option[],
): Promise<FlagGroups> {
  return {
    server: await flagGroup(makers.serve, ofProgram, "server"),
    bench: await flagGroup(makers.bench, ofProgram, "bench"),
  };
}

async function flagGroup(
  make: CommandMaker,
  ofProgram: readonly Option[],
  group: "server" | "bench",
): Promise<FlagGroup> {
  const { options } = await make();
  return { options: [...options, ...ofProgram], own: Object.keys(ownSettings("")[group]) };
}
