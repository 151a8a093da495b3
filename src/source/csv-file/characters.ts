/** The delimiters that are searched for in a header. */
export const usualDelimiters = [",", ";", "\t", "|"] as const;

const names: Readonly<Record<string, string>> = {
  ",": "comma",
  ";": "semicolon",
  "\t": "tab",
  "|": "vertical bar",
  " ": "blank",
};

/** The name of a character in messages: `comma`, `"^"`, `U+0001`. */
export function nameOfCharacter(character: string): string {
  const code = character.charCodeAt(0);
  return (
    names[character] ??
    (code < 0x20 ? `U+${code.toString(16).toUpperCase().padStart(4, "0")}` : JSON.stringify(character))
  );
}
