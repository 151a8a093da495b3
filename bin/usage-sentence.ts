import { visibleText } from "./visible-text.ts";
import { withoutUserInfo } from "./without-user-info.ts";

/** What commander says, and how this program says it: the flag alone in front, and what is meant in the same line. */
const forms: readonly (readonly [form: RegExp, sentence: string])[] = [
  [/^error: option '(?:-\w, )?(--[\w-]+)[^']*' argument '.*?' is invalid\. (?=\S)/s, "error: $1: "],
  [/^error: command-argument value '.*?' is invalid for argument '([^']+)'\. (?=\S)/s, "error: <$1>: "],
  [/^error: option '(?:-\w, )?(--[\w-]+)(?: ([^']+))?' argument missing/, "error: $1 needs a value, $2"],
  [/^error: unknown (option|command) '(.*?)'/s, 'error: unknown $1 "$2"'],
  [/\n\(Did you mean (\S+)\?\)/, '. Did you mean "$1"?'],
  [/\n\(Did you mean one of (.+)\?\)/, ". Did you mean one of $1?"],
];

/** A usage error of commander as a sentence of this program, with the one prefix that all errors have, and without passwords. */
export function usageSentence(text: string): string {
  const shown = visibleText(withoutUserInfo(text));
  return forms.reduce((before, [form, sentence]) => before.replace(form, sentence), shown);
}
