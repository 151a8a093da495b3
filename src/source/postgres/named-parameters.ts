import { wrongRange } from "../../errors.ts";

/** A statement with its named parameters replaced by positional ones. */
export interface PositionalStatement {
  /** The statement with `$1`, `$2`, … in place of `:name`; everything else up to the semicolon at its end is kept as it was. */
  readonly text: string;
  /** The names in the order of their numbers, each once. */
  readonly names: readonly string[];
}

/**
 * Replaces `:name` by positional parameters, and leaves out the semicolon at the end, which a part of a larger statement can't have, with
 * the comments behind it. Strings, quoted identifiers, dollar-quoted text and comments are left alone, and
 * so are casts (`::`) and named arguments (`:=`). A colon behind a string, a number or a bracket separates two values, as in
 * `x[1:2]` and `JSON_OBJECT('key':value)`, since no parameter can stand there.
 *
 * The lexical rules are those of PostgreSQL's manual, section 4.1, with `standard_conforming_strings` on, which every
 * reading sets. One pass, linear in the length of the text.
 * @throws RangeError `SCSV_ARG_RANGE` for SQL without a statement; for a string, identifier, comment or bracket without an end, and a bracket
 *   that isn't open, which would close the one around the query; for a positional parameter, and for a NUL, which ends texts in PostgreSQL's
 *   protocol
 */
export function toPositional(text: string): PositionalStatement {
  if (text.includes("\0")) throw wrongRange("The SQL has a NUL (U+0000). Take it out.");
  const parts: string[] = [];
  const numbers = new Map<string, number>();
  let copied = 0;
  let at = 0;
  let isBehindValue = false;
  let terminator: number | undefined;
  let isEmpty = true;
  /** Where brackets begin that aren't closed yet. */
  const open: number[] = [];
  while (at < text.length) {
    const end = endOfToken(text, at);
    const name = end > at || isBehindValue ? undefined : parameterAt(text, at);
    if (text[at] === ";") terminator ??= at;
    else if (!isFiller(text, at, end)) [terminator, isEmpty] = [undefined, false];
    if (text[at] === "(") open.push(at);
    else if (text[at] === ")" && open.pop() === undefined) throw notOpen(text, at);
    if (name === undefined) {
      if (!isFiller(text, at, end)) isBehindValue = isValue(text, at, end);
      at = Math.max(end, at + 1);
      continue;
    }
    const number = numbers.get(name) ?? numbers.size + 1;
    numbers.set(name, number);
    // In "SELECT:name" the colon alone ends the word.
    parts.push(text.slice(copied, at), isIdentifierPart(text[at - 1]) ? " " : "", `$${number}`);
    at += name.length + 1;
    copied = at;
    isBehindValue = true;
  }
  if (isEmpty)
    throw wrongRange("The SQL has no statement. Write one SELECT, VALUES, TABLE or WITH statement.");
  const bracket = open.at(-1);
  if (bracket !== undefined) throw notClosed(text, bracket);
  parts.push(text.slice(copied, terminator));
  return { text: parts.join(""), names: [...numbers.keys()] };
}

/** Whether a token is a blank or a comment. A blank of Unicode is a letter to PostgreSQL. */
function isFiller(text: string, at: number, end: number): boolean {
  return /[ \t\n\v\f\r]/.test(text.charAt(at)) || (end > at && (text[at] === "-" || text[at] === "/"));
}

/** Whether a token is a string, a number, or the end of an array or a subscript. */
function isValue(text: string, at: number, end: number): boolean {
  return text[at] === "]" || (end > at && /['$\d]/.test(text.charAt(at)));
}

/** Where the token that begins here ends; the same place for a single character. No token holds a parameter. */
function endOfToken(text: string, at: number): number {
  switch (text.charAt(at)) {
    case "'":
      return hasEscapes(text, at) ? endOfEscapeString(text, at) : endOfQuoted(text, at, "'");
    case '"':
      return endOfQuoted(text, at, '"');
    case "-":
      return text[at + 1] === "-" ? endOfLine(text, at) : at;
    case "/":
      return text[at + 1] === "*" ? endOfComment(text, at) : at;
    case "$":
      return isIdentifierPart(text[at - 1]) ? at : endOfDollarQuoted(text, at);
    case ":":
      return text[at + 1] === ":" || text[at + 1] === "=" ? at + 2 : at;
    default:
      return at + (matchAt(word, text, at) ?? "").length;
  }
}

/** An identifier, a keyword, or the digits of a number. */
const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\d+/y;
const namePattern = /[A-Za-z_][A-Za-z0-9_]*/y;
const dollarTag = /\$(?:[A-Za-z_\u0080-\u{10ffff}][A-Za-z0-9_\u0080-\u{10ffff}]*)?\$/uy;
const positional = /\$\d+/y;

/** The name behind a colon; undefined where no parameter begins. */
function parameterAt(text: string, at: number): string | undefined {
  return text[at] === ":" ? matchAt(namePattern, text, at + 1) : undefined;
}

function endOfDollarQuoted(text: string, start: number): number {
  const number = matchAt(positional, text, start);
  if (number !== undefined)
    throw wrongRange(`The SQL has the positional parameter "${number}". Use a named one, such as :customer.`);
  const tag = matchAt(dollarTag, text, start);
  if (tag === undefined) return start;
  const end = text.indexOf(tag, start + tag.length);
  if (end < 0) throw notClosed(text, start);
  return end + tag.length;
}

/** A quote inside is doubled. */
function endOfQuoted(text: string, start: number, quote: string): number {
  for (let at = start + 1; ; at += 2) {
    at = text.indexOf(quote, at);
    if (at < 0) throw notClosed(text, start);
    if (text[at + 1] !== quote) return at + 1;
  }
}

/** Whether the string that begins here is written `E'…'`, in which a backslash takes the next character with it. */
function hasEscapes(text: string, at: number): boolean {
  return (text[at - 1] === "E" || text[at - 1] === "e") && !isIdentifierPart(text[at - 2]);
}

function endOfEscapeString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === "'") {
      const next = text[at + 1] === "'" ? at + 1 : continuation(text, at + 1);
      if (next === undefined) return at + 1;
      at = next;
    }
  }
  throw notClosed(text, start);
}

/** A string goes on in the next line when only blanks and comments stand between the quotes; its escapes do so too. */
function continuation(text: string, start: number): number | undefined {
  let hasLineBreak = false;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === "'") return hasLineBreak ? at : undefined;
    if (character === "\n" || character === "\r") hasLineBreak = true;
    else if (character === "-" && text[at + 1] === "-") at = endOfLine(text, at) - 1;
    else if (character !== " " && character !== "\t" && character !== "\f" && character !== "\v")
      return undefined;
  }
  return undefined;
}

function endOfLine(text: string, start: number): number {
  for (let at = start; at < text.length; at += 1) if (text[at] === "\n" || text[at] === "\r") return at;
  return text.length;
}

/** Comments nest. */
function endOfComment(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const pair = text.slice(at, at + 2);
    if (pair !== "/*" && pair !== "*/") continue;
    depth += pair === "/*" ? 1 : -1;
    at += 1;
    if (depth === 0) return at + 1;
  }
  throw notClosed(text, start);
}

function isIdentifierPart(character: string | undefined): boolean {
  return character !== undefined && /[\w$\u0080-\uffff]/.test(character);
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function notOpen(text: string, at: number): Error {
  return wrongRange(`The SQL has a ")" in line ${lineOf(text, at)} for which no "(" is open. Take it out.`);
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split("\n").length;
}

function notClosed(text: string, start: number): Error {
  const line = lineOf(text, start);
  const beginning = JSON.stringify(text.slice(start, start + 20));
  return wrongRange(`The SQL has no end for what begins with ${beginning} in line ${line}. Close it.`);
}
