/** Names of characters that are hard to type, by the option that takes them. */
const namesOf = {
  delimiter: {
    tab: "\t",
    // What shells and other tools call it.
    "\\t": "\t",
    comma: ",",
    semicolon: ";",
    pipe: "|",
  },
  quote: { double: '"', single: "'" },
} as const satisfies Record<string, Readonly<Record<string, string>>>;

/** An option whose value is one character. */
export type CharacterOption = keyof typeof namesOf;

/** The character that a text is or names; undefined for any other text. Which characters are allowed is decided elsewhere. */
export function readCharacter(option: CharacterOption, text: string): string | undefined {
  const names: Readonly<Record<string, string>> = namesOf[option];
  if (Object.hasOwn(names, text)) return names[text];
  return text.length === 1 ? text : undefined;
}

/** The names that an option takes, for messages. */
export function characterNames(option: CharacterOption): string {
  return Object.keys(namesOf[option]).join(", ");
}
