const prefix = "env:";

/**
 * The value that a text stands for: `env:NAME` is read from the environment, so that a secret stands neither in a command line nor
 * in a file. The value is in no message.
 * @param subject what the text is of, for messages
 * @throws RangeError when there is no such variable
 */
export function fromEnvironment(text: string, subject: string): string {
  if (!text.startsWith(prefix)) return text;
  const name = text.slice(prefix.length);
  const value = process.env[name];
  if (value !== undefined && value !== "") return value;
  throw new RangeError(`${subject} is read from the environment variable "${name}", which is not set.`);
}
