/**
 * The members of a comma-separated header (RFC 9110, section 5.6.1), trimmed, without empty ones. A comma inside
 * quotes doesn't separate. The cost is linear in the length of the text.
 * @param escape the character that escapes the next one inside quotes
 */
export function splitList(field: string, escape = "\\"): readonly string[] {
  const members: string[] = [];
  let start = 0;
  let isQuoted = false;
  const add = (end: number): void => {
    const member = field.slice(start, end).trim();
    if (member !== "") members.push(member);
  };
  for (let index = 0; index < field.length; index += 1) {
    const character = field[index];
    if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted && character === escape) index += 1;
    else if (!isQuoted && character === ",") {
      add(index);
      start = index + 1;
    }
  }
  add(field.length);
  return members;
}
