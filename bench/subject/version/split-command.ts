/**
 * Takes a command apart as a shell would, with quotes and backslashes but without variables, pipes or anything else
 * of a shell: the program is started directly, so that what is measured is its own process tree.
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
      throw new RangeError(
        `The command ${JSON.stringify(text)} has a ${plain} that nothing follows to end it.`,
      );
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
