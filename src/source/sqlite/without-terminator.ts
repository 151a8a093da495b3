/** Strings and names, which may lack their end, comments, and any other character (https://www.sqlite.org/lang_comment.html). */
const tokens =
  /'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|`(?:[^`]|``)*(?:`|$)|\[[^\]]*(?:\]|$)|--[^\n]*|\/\*.*?(?:\*\/|$)|./gs;

/** A semicolon, or a comment whose end is that of the text. */
const terminator = /^(?:;|\/\*(?!.*\*\/$)|\/\*\/$)/s;

/** A blank or a comment. */
const filler = /^(?:\s|--|\/\*)/;

/** SQL without the semicolon or open comment at its end, which a part of a larger statement can't have, and what is behind it. */
export function withoutTerminator(sql: string): string {
  let end: number | undefined;
  for (const { 0: token, index } of sql.matchAll(tokens)) {
    if (terminator.test(token)) end ??= index;
    else if (!filler.test(token)) end = undefined;
  }
  return sql.slice(0, end);
}
