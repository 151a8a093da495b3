/** Parameters whose value opens an export: the signature of a link, and the token of a form. */
const secretNames: ReadonlySet<string> = new Set(["signature", "access_token"]);

/** Whether messages and the log leave out the values of a parameter. */
export function isSecretParameter(name: string): boolean {
  return secretNames.has(name.trim().toLowerCase());
}
