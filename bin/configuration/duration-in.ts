import { messageOf, parseDuration } from "../../src/ground.ts";
import { mayHoldSecret } from "./secret-places.ts";

/**
 * The milliseconds of a duration in a configuration; undefined where there is none.
 * @throws RangeError that names the file and the path
 */
export function durationIn(
  text: string | undefined,
  keys: readonly string[],
  file: string,
): number | undefined {
  if (text === undefined) return undefined;
  try {
    const milliseconds = parseDuration(text);
    if (milliseconds > 0) return milliseconds;
    throw new RangeError(`${JSON.stringify(text)} is too short.`);
  } catch (cause) {
    const place = `"${keys.join(".")}" in "${file}" can't be used`;
    if (mayHoldSecret(keys))
      throw new RangeError(`${place}; it takes a duration above 0, such as 500ms, 30s, 2m or 1h.`);
    throw new RangeError(`${place}: ${messageOf(cause)}`, { cause });
  }
}
