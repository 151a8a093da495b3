/** A target as the command line names it. */
export interface TargetSpec {
  readonly name: string;
  /** A line for the shell, with `{port}` and `{rows}`; null for a server that runs already. */
  readonly command: string | null;
  /** The address of the export, with `{port}` and `{rows}`. */
  readonly url: string;
}

const example = `"go=PORT={port} ./orders @ http://127.0.0.1:{port}/orders.csv?rows={rows}"`;
const defaultUrl = "http://127.0.0.1:{port}/";

/**
 * Reads several targets. Names of arms have to be different, so a target can't have the name of another one.
 * @param taken names of other arms
 * @throws RangeError whose message quotes the text and says what to write
 */
export function parseTargets(texts: readonly string[], taken: readonly string[]): readonly TargetSpec[] {
  const specs: TargetSpec[] = [];
  for (const text of texts) specs.push(parseTarget(text, [...taken, ...specs.map(({ name }) => name)]));
  return specs;
}

/**
 * Reads `NAME=URL`, `NAME=COMMAND` or `NAME=COMMAND @ URL`.
 * @param taken names of other arms
 * @throws RangeError whose message quotes the text and says what to write
 */
export function parseTarget(text: string, taken: readonly string[]): TargetSpec {
  const fault = (what: string): RangeError => new RangeError(`The target "${text}" ${what}`);
  const [, name = "", value = ""] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  if (name === "" || value.trim() === "")
    throw fault(`is neither NAME=URL nor NAME=COMMAND; write for example ${example}.`);
  if (!/^[A-Za-z0-9][\w-]*$/.test(name)) {
    throw fault(
      `has the name "${name}". A name has only letters, digits, "-" and "_", and begins with a letter or digit.`,
    );
  }
  if (taken.includes(name)) throw fault(`has the name "${name}", which is taken; give it another.`);
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(value.trim());
  if (isUrl) return { name, command: null, url: checkedUrl(value.trim(), fault, { hasPort: false }) };
  const [, before, after] = /^(.*\S)\s+@\s+(\S+)\s*$/s.exec(value) ?? [];
  const command = (before ?? value).trim();
  const url = checkedUrl(after ?? defaultUrl, fault, { hasPort: true });
  if (url.includes("{port}") && !command.includes("{port}")) {
    throw fault(
      `is asked at ${url}, but its command has no {port} that would tell it where to listen; put {port} into the command, or end with " @ URL" that names its port.`,
    );
  }
  return { name, command, url };
}

/** @returns the address as it was given, placeholders and all */
function checkedUrl(
  text: string,
  fault: (what: string) => RangeError,
  { hasPort }: { readonly hasPort: boolean },
): string {
  if (!hasPort && text.includes("{port}"))
    throw fault("is an address with {port}, which only a command that is started can have.");
  const filled = filledUrl(text, { port: 1, rows: 1 });
  if (!URL.canParse(filled)) throw fault(`has the address "${text}", which is not a URL.`);
  const { protocol } = new URL(filled);
  if (protocol !== "http:")
    throw fault(
      `has the address "${text}", and bench reads only http:, so that it does not measure encryption; name the address behind the proxy.`,
    );
  return text;
}

/** Replaces `{port}` and `{rows}` by numbers. */
export function filledUrl(
  text: string,
  { port, rows }: { readonly port: number; readonly rows: number },
): string {
  return text.replaceAll("{port}", String(port)).replaceAll("{rows}", String(rows));
}
