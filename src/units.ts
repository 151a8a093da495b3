const bytesPerUnit: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1024,
  kib: 1024,
  kb: 1000,
  m: 1024 ** 2,
  mib: 1024 ** 2,
  mb: 1000 ** 2,
  g: 1024 ** 3,
  gib: 1024 ** 3,
  gb: 1000 ** 3,
};

/** Node's timers count in 31 bits, which are 24 days. A longer one would fire at once. */
export const longestTimerMs = 2 ** 31 - 1;

const millisecondsPerUnit: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
};

/**
 * Parses a size such as `65536`, `64k`, `10MiB` or `1.5GB` into bytes.
 * A bare `k`, `m`, `g` and the `KiB` family are powers of 1024; `kB`, `MB`, `GB` are powers of 1000.
 * @throws RangeError `SCSV_ARG_RANGE` when the text is not a size
 */
export function parseByteSize(text: string): number {
  requireText(text);
  const match = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text);
  const factor = bytesPerUnit[match?.[2]?.toLowerCase() ?? "?"];
  const bytes = Math.round(Number(match?.[1]) * (factor ?? Number.NaN));
  if (!Number.isSafeInteger(bytes))
    throw unreadable(
      `"${text}" is not a size. Use a number with an optional unit, such as 64k, 10MiB or 1.5GB.`,
    );
  return bytes;
}

/**
 * Parses a duration such as `500ms`, `30s`, `2m` or `1h` into milliseconds. `0` needs no unit.
 * @throws RangeError `SCSV_ARG_RANGE` when the text is not a duration
 */
export function parseDuration(text: string): number {
  requireText(text);
  if (text === "0") return 0;
  const match = /^(\d+(?:\.\d+)?) ?([a-z]+)$/i.exec(text);
  const milliseconds =
    Number(match?.[1]) * (millisecondsPerUnit[match?.[2]?.toLowerCase() ?? "?"] ?? Number.NaN);
  if (milliseconds > longestTimerMs)
    throw unreadable(
      `"${text}" is too long: the longest duration is ${Math.floor(longestTimerMs / 3_600_000)}h.`,
    );
  if (!Number.isFinite(milliseconds))
    throw unreadable(`"${text}" is not a duration. Use a number with a unit, such as 500ms, 30s, 2m or 1h.`);
  return milliseconds;
}

/**
 * Parses plain decimal digits, 0 to 2^53 − 1, without sign, point, exponent or other base.
 * @throws RangeError `SCSV_ARG_RANGE` for anything else
 */
export function parseCount(text: string): number {
  requireText(text);
  if (!/^\d+$/.test(text))
    throw unreadable(`"${text}" is not a whole number. Use plain digits, such as 1000.`);
  const count = Number(text);
  if (!Number.isSafeInteger(count))
    throw unreadable(`"${text}" is too large: the largest count is ${Number.MAX_SAFE_INTEGER}.`);
  return count;
}

/** Formats a number of bytes in powers of 1024: `512 B`, `64.0 KiB`, `1.50 GiB`. */
export function formatBytes(bytes: number): string {
  requireNumber(bytes);
  const names = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let index = 0;
  // From a half below the next unit on, the digits that are shown are 1024.
  while (Math.abs(value) >= (index === 0 ? 1024 : 1023.5) && index < names.length - 1) {
    value /= 1024;
    index += 1;
  }
  return `${index === 0 ? String(value) : significant(value)} ${names[index] ?? ""}`;
}

/** Formats a duration: `350 µs`, `12.3 ms`, `1.25 s`, `4 min 05 s`. */
export function formatSeconds(seconds: number): string {
  requireNumber(seconds);
  const size = Math.abs(seconds);
  if (size === 0) return "0 s";
  if (size < 0.000_999_5) return `${significant(seconds * 1e6)} µs`;
  if (size < 0.999_5) return `${significant(seconds * 1e3)} ms`;
  if (size < 119.5) return `${significant(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.trunc(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** Formats a count with thousands separators: `3,000,000`. */
export function formatCount(count: number): string {
  requireNumber(count);
  // Adding zero removes the sign of a negative zero.
  return (Math.round(count) + 0).toLocaleString("en-US");
}

/** Formats a count with what is counted: `1 round`, `3,000 rounds`. */
export function formatCountOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Formats a number with three significant digits, without an exponent. */
function significant(value: number): string {
  const size = Math.abs(value);
  // From half a last digit below 10 and 100 on, rounding adds a digit in front.
  if (size >= 99.95) return value.toFixed(0);
  return size >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

/** The same as `wrongType` of errors.ts, which a file of the ground floor must not import. */
function wrongType(message: string): TypeError & { readonly code: string } {
  return Object.assign(new TypeError(message), { code: "SCSV_ARG_TYPE" });
}

function requireText(value: unknown): void {
  if (typeof value !== "string") throw wrongType(`What is read is text, not of type ${typeof value}.`);
}

function requireNumber(value: unknown): void {
  if (typeof value !== "number") throw wrongType(`What is written is a number, not of type ${typeof value}.`);
}

/** The same as `wrongRange` of errors.ts, which a file of the ground floor must not import. */
function unreadable(message: string): RangeError & { readonly code: string } {
  return Object.assign(new RangeError(message), { code: "SCSV_ARG_RANGE" });
}
