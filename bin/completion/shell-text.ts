/** A text as one word of bash and zsh. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** The name of the function that completes a program. */
export function functionName(program: string): string {
  return `_${program.replaceAll(/\W/g, "_")}`;
}

/** The place of an argument or of a flag's value that has the name of an export. */
export const exportPlaces = { command: "export", flags: ["--export"] } as const;
