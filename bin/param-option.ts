import { RepeatableOption } from "./option.ts";

/** The name and the text of a parameter. */
export type ParameterText = readonly [name: string, text: string];

/** `--param NAME=VALUE`: values of the parameters that an export declares itself. */
export function paramOption(): RepeatableOption<ParameterText> {
  return new RepeatableOption(
    "--param <name=value>",
    "value of a parameter that the export declares",
    parseParameter,
  );
}

function parseParameter(text: string): ParameterText {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new RangeError(`"${text}" is not NAME=VALUE.`);
}
