import { Command, type Option } from "commander";
import stringWidth from "string-width";
import { helpText } from "../help-text.ts";
import { openCatalog, type ExportDefinition } from "../../src/internal.ts";
import { formatCountOf, type StreamCsvError } from "../../src/ground.ts";
import { applyConfiguration } from "../configuration/apply-configuration.ts";
import type { LoadedConfiguration } from "../configuration/load-configuration.ts";
import { configurationNames } from "../configuration/find-configuration.ts";
import { explain } from "../explain.ts";
import type { GlobalFlags } from "../option.ts";
import { printText } from "../output.ts";
import { visibleLine } from "../visible-text.ts";

interface CheckFlags extends GlobalFlags {
  readonly configuration?: LoadedConfiguration;
}

/** `stream-csv check`: reads the configuration, opens every source and describes every query, and runs none. */
export function checkCommand(): Command {
  return new Command("check")
    .description("Check the configuration: open every source and describe every query; no row is read.")
    .action(async (_: unknown, self: Command) => {
      const flags = self.optsWithGlobals<CheckFlags>();
      await requireUsableSettings(flags, self.parent?.options ?? []);
      process.exitCode = await check(flags);
    })
    .addHelpText("after", moreHelp);
}

const moreHelp = helpText({
  examples: [
    "stream-csv check",
    "stream-csv check --config production.yaml",
    ["stream-csv check && stream-csv serve", "a server that starts only when every query can be used"],
  ],
  sections: `
Exit codes:
  0 everything can be used  1 something can't
`,
  docs: "docs/reference/configuration.md",
});

/**
 * Sets the flags of `serve` and `bench` from their groups, as these commands do before they begin.
 * @throws Error or RangeError for a value that they refuse
 */
async function requireUsableSettings(
  { configuration }: CheckFlags,
  ofProgram: readonly Option[],
): Promise<void> {
  if (configuration === undefined) return;
  const { serveCommand, requireUsableFlags } = await import("./serve.ts");
  const { benchCommand } = await import("./bench.ts");
  const makers = {
    serve: () => Promise.resolve(serveCommand()),
    bench: () => Promise.resolve(benchCommand()),
  };
  const program = new Command();
  for (const option of ofProgram) program.addOption(option);
  const serve = serveCommand();
  const bench = benchCommand();
  program.addCommand(serve).addCommand(bench);
  await applyConfiguration(bench, "bench", configuration.file, makers);
  await applyConfiguration(serve, "server", configuration.file, makers);
  requireUsableFlags(serve, configuration.sources);
}

async function check({ configuration, logLevel }: CheckFlags): Promise<number> {
  if (configuration === undefined)
    throw new Error(
      `There is no configuration in ${JSON.stringify(process.cwd())}. Write ${configurationNames[0]}, or name a file with --config.`,
    );
  const { file, sources } = configuration;
  const catalog = await openCatalog({ sources, generated: false });
  try {
    const lines: (readonly string[])[] = [];
    const faults: StreamCsvError[] = [];
    for (const listed of await catalog.list()) {
      if ("error" in listed) faults.push(listed.error);
      lines.push("error" in listed ? [listed.name, "can't be used"] : lineOf(listed.definition));
    }
    await printText(`${file}\n${table(lines.map((cells) => cells.map(visibleLine)))}`);
    for (const fault of faults) process.stderr.write(`error: ${explain(fault, logLevel)}\n`);
    return faults.length === 0 ? 0 : 1;
  } finally {
    await catalog.close();
  }
}

function lineOf({ name, kind, columns, parameters }: ExportDefinition): readonly string[] {
  const count = columns === null ? "columns as the rows tell" : formatCountOf(columns.length, "column");
  const names = parameters.map((parameter) => `${parameter.name}: ${parameter.type}`);
  return [name, kind, count, names.join(", ")];
}

/** Lines of cells, each column as wide as its widest cell. */
function table(lines: readonly (readonly string[])[]): string {
  const widths = [0, 1, 2].map((column) =>
    Math.max(0, ...lines.map((line) => stringWidth(line[column] ?? ""))),
  );
  return lines
    .map((line) => `  ${line.map((cell, column) => pad(cell, widths[column])).join("  ")}`.trimEnd() + "\n")
    .join("");
}

function pad(text: string, width = 0): string {
  return text + " ".repeat(Math.max(0, width - stringWidth(text)));
}
