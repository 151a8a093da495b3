import type { Option } from "commander";
import type { LogSettings } from "../src/server.ts";
import { choiceOption, wantsColor, type GlobalFlags } from "./option.ts";

/** The flags that say how a program that keeps running logs. */
export interface LogFlags extends GlobalFlags {
  readonly logFormat?: LogSettings["format"];
}

const formats: readonly LogSettings["format"][] = ["pretty", "json"];

/** `--log-format`: for people or for programs. */
export function logFormatOption(): Option {
  return choiceOption(
    "--log-format <format>",
    "log lines for people or for programs (default: pretty on a terminal)",
    formats,
  );
}

/** How the log is written, which goes to standard error. */
export function logSettings(flags: LogFlags): LogSettings {
  return {
    level: flags.logLevel,
    format: flags.logFormat ?? (process.stderr.isTTY ? "pretty" : "json"),
    color: wantsColor(flags, process.stderr),
  };
}
