import type { CompletedCommand, CompletedFlag } from "./completed-command.ts";
import { exportPlaces } from "./shell-text.ts";

/** The completion of fish: each command, flag and value with its description. */
export function fishScript(program: string, commands: readonly CompletedCommand[]): string {
  const exports = `(${program} completion fish --exports 2>/dev/null)`;
  const lines = commands.flatMap(({ name, description, flags, values }) => {
    const within = `complete -c ${program} -n '__fish_seen_subcommand_from ${name}'`;
    const own = name === exportPlaces.command ? exports : values.join(" ");
    return [
      `complete -c ${program} -n __fish_use_subcommand -f -a ${name} -d ${quoted(description)}`,
      ...(own === "" ? [] : [`${within}${values.length > 0 ? " -f" : ""} -a ${quoted(own)}`]),
      ...flags.map((flag) => `${within} ${formsOf(flag)}${valueOf(flag)} -d ${quoted(flag.description)}`),
    ];
  });
  return `${lines.join("\n")}\n`;

  function valueOf({ long, takesValue, values }: CompletedFlag): string {
    if (exportPlaces.flags.some((flag) => flag === long)) return ` -r -a ${quoted(exports)}`;
    if (values.length > 0) return ` -x -a ${quoted(values.join(" "))}`;
    return takesValue ? " -r" : "";
  }
}

function formsOf({ long, short }: CompletedFlag): string {
  return `-l ${long.slice(2)}${short === "" ? "" : ` -s ${short.slice(1)}`}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
}
