import { noteSecret } from "./secret-values.ts";

const prefix = "env:";
/** A variable behind a word, such as `Bearer env:API_TOKEN`, which isn't read. */
const embedded = /^[\w-]+\s+(env:[A-Za-z_]\w*)$/;
/** A variable as shells write it: `${NAME}`, `$NAME`, `Bearer ${NAME}`. Its letters would be the password that everybody can read. */
const ofShell = /^(?:[\w-]+\s+)?\$(?:\{[A-Za-z_]\w*\}|[A-Z_][A-Z\d_]*)$/;
/** The same within a URL, where only the form in brackets can't be part of a name or password by chance. */
const ofShellInUrl = /^[a-z][a-z\d+.-]*:\/\/\S*\$\{[A-Za-z_]\w*\}/i;

/**
 * The value that a text stands for: `env:NAME` is read from the environment, so that a secret stands neither in a command line nor
 * in a file. The value is in no message.
 * @param subject what the text is of, for messages
 * @throws RangeError when there is no such variable, or one is named behind other text or as in a shell
 */
export function fromEnvironment(text: string, subject: string): string {
  const [, behind] = embedded.exec(text) ?? [];
  if (behind !== undefined) {
    throw new RangeError(
      `${subject} has "${behind}" behind other text, where it isn't read: write ${behind} alone, and put the whole value into the variable.`,
    );
  }
  const isOfShell = ofShell.test(text);
  if (isOfShell || ofShellInUrl.test(text)) {
    throw new RangeError(
      `${subject} ${isOfShell ? "is" : "has"} a variable as shells write it, which nothing replaces here: write env:NAME alone, and put the whole value into the variable.`,
    );
  }
  if (!text.startsWith(prefix)) return text;
  const name = text.slice(prefix.length);
  const value = process.env[name];
  if (value !== undefined && value !== "") {
    noteSecret(value);
    return value;
  }
  throw new RangeError(`${subject} is read from the environment variable "${name}", which is not set.`);
}
