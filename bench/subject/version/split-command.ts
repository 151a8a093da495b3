/**
 * Splits a command as a shell would, with quotes and backslashes, but without variables, pipes or other features of a
 * shell. The program is started directly, so that its own process tree is measured.
 * @throws RangeError whose message quotes the text
 */
export function splitCommand(text: string): readonly [string, ...string[]] {
  const words: string[] = [];
  let word: string | undefined;
  for (const [, double, single, escaped, blank, plain] of text.matchAll(
    /"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)|(\s+)|([^"'\\\s]+|["'\\])/gs,
  )) {
    if (blank !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    if (plain === '"' || plain === "'" || plain === "\\") {
      throw new RangeError(`The command ${JSON.stringify(text)} has a ${plain} that is not closed.`);
    }
    word = (word ?? "") + (double?.replaceAll(/\\(["\\$`])/g, "$1") ?? single ?? escaped ?? plain ?? "");
  }
  if (word !== undefined) words.push(word);
  const [program, ...args] = words;
  if (program === undefined || program === "") {
    throw new RangeError(`The command ${JSON.stringify(text)} names no program.`);
  }
  return [program, ...args];
}
