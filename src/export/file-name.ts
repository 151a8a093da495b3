/** A file system takes names of 255 bytes; the ending and a browser's ` (1)` have to fit too. */
const mostBytes = 240;

/**
 * Control letters, slashes, separators of lines, half surrogate pairs, and format letters, which show a name in another
 * order than it has (U+202E) or not at all. The joiners U+200C and U+200D stay, because some languages write with them.
 */
const forbidden = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}/\\]|(?![\u200C\u200D])\p{Cf}/gu;

/** What a Windows program takes for a device, with any ending. */
const device = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)/i;

/**
 * Checks a name under which a client saves an export, and returns it without `.csv` or `.tsv`, because the dialect
 * decides the ending. Otherwise a link to this server could save a program of the caller's own words as `run.bat`.
 * @throws RangeError that quotes the name and says what is allowed
 */
export function readFileName(text: string): string {
  const name = text.replace(/\.[ct]sv$/i, "");
  const reason = faultIn(name);
  if (reason === undefined) return name;
  throw new RangeError(`${JSON.stringify(text)} is not a file name that can be used: ${reason}.`);
}

/**
 * The name under which a client saves an export that it gives no name, without the ending. It is that of the export, which a table may
 * have from anybody: what {@link readFileName} refuses in a name becomes `_`.
 */
export function fileNameOf(exportName: string): string {
  const letters = exportName.replaceAll(forbidden, "_").replaceAll(/^[. ]|[. ]$/g, "_");
  const name = device.test(letters) ? `_${letters}` : letters;
  if (Buffer.byteLength(name) <= mostBytes) return name;
  const cut = new TextDecoder().decode(Buffer.from(name).subarray(0, mostBytes));
  let end = cut.length;
  // A character may have four bytes, and one that is cut became U+FFFD.
  while (/[\uFFFD. ]/.test(cut.charAt(end - 1))) end -= 1;
  return end < cut.length ? `${cut.slice(0, end)}_` : cut;
}

function faultIn(name: string): string | undefined {
  if (name === "") return "it is empty";
  if (Buffer.byteLength(name) > mostBytes) return `it has more than ${mostBytes} bytes in UTF-8`;
  const letter = name.match(forbidden)?.[0];
  if (letter !== undefined) return `it has the character ${codePointOf(letter)}`;
  if (device.test(name)) return "Windows keeps it for a device";
  return /^[. ]|[. ]$/.test(name) ? "it begins or ends with a dot or a blank" : undefined;
}

function codePointOf(letter: string): string {
  return `U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
