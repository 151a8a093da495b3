import { formatBytes, formatCount, formatCountOf } from "../../units.ts";

/** pino's levels by their numbers: the name, and the colour (SGR) that begins and ends it. */
const levels: Readonly<Record<number, readonly [name: string, on: number, off: number]>> = {
  10: ["TRACE", 90, 39],
  20: ["DEBUG", 34, 39],
  30: ["INFO", 32, 39],
  40: ["WARN", 33, 39],
  50: ["ERROR", 31, 39],
  60: ["FATAL", 41, 49],
};

/** An error as pino writes it into a line; other fields are the error's own, such as its code. */
interface ErrorFields extends Readonly<Record<string, unknown>> {
  readonly stack: string;
}

/**
 * A line of pino's JSON as people read it: time of day, level, process, message and the other fields in one line; the stack of an
 * error below it. A line that isn't JSON stays as it is.
 *
 * @example
 * prettyLine('{"level":30,"time":0,"pid":7,"port":80,"msg":"listening"}', false); // [00:00:00.000] INFO (7): listening {"port":80}
 */
export function prettyLine(line: string, hasColor: boolean): string {
  const fields = parsed(line);
  if (fields === undefined) return line;
  const { level, time, pid, msg, err, ...rest } = fields;
  const paint = (text: string, on: number, off: number): string =>
    hasColor && text !== "" ? `\u001B[${on}m${text}\u001B[${off}m` : text;
  const summary = transferSummary(fields) ?? repeatsSummary(fields) ?? refusalSummary(fields);
  if (summary !== undefined) return `${timeOfDay(Number(time)).slice(0, 8)} ${withoutControls(summary)}\n`;
  const [name, on, off] = levels[Number(level)] ?? [String(level), 37, 39];
  const stack = isError(err) ? err.stack : undefined;
  const others = isError(err) ? { ...rest, ...ownFields(err) } : err === undefined ? rest : { ...rest, err };
  const parts = [
    `[${timeOfDay(Number(time))}]`,
    paint(name, on, off),
    `(${String(pid)}):`,
    paint(withoutControls(typeof msg === "string" ? msg : ""), 36, 39),
    Object.keys(others).length === 0 ? "" : paint(withoutControls(JSON.stringify(others)), 90, 39),
  ];
  const text = parts.filter((part) => part !== "").join(" ");
  return stack === undefined ? `${text}\n` : `${text}\n${indented(stack)}\n`;
}

/** What was sent by a transfer that ended without an error; other lines keep all their fields. */
function transferSummary(fields: Readonly<Record<string, unknown>>): string | undefined {
  const { level, export: name, delivery, state, rows, bytes, heldMs, err, error } = fields;
  const isPlain = level === 30 && err === undefined && (error === undefined || error === null);
  if (!isPlain || typeof name !== "string" || typeof delivery !== "string" || typeof state !== "string")
    return undefined;
  if (typeof rows !== "number" || typeof bytes !== "number" || typeof heldMs !== "number") return undefined;
  const counted = formatCountOf(rows, "row");
  return `${name} ${delivery} ${counted} ${formatBytes(bytes)} ${Math.round(heldMs)} ms ${state}`;
}

/** A request that was refused, and why. */
function refusalSummary(fields: Readonly<Record<string, unknown>>): string | undefined {
  const { msg, method, url, status, detail } = fields;
  if (msg !== "request refused" || typeof status !== "number") return undefined;
  return `${String(method)} ${String(url)} ${status} ${String(detail)}`;
}

/** How many lines of one kind were left out. */
function repeatsSummary(fields: Readonly<Record<string, unknown>>): string | undefined {
  const { msg, repeats, seconds, code = "" } = fields;
  if (typeof repeats !== "number" || typeof seconds !== "number") return undefined;
  return `… ${formatCount(repeats)} more like this in ${seconds} s: ${String(msg)} ${String(code)}`.trimEnd();
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    // Something else than the logger wrote it: it is shown as it came.
    return undefined;
  }
}

function isError(value: unknown): value is ErrorFields {
  return typeof value === "object" && value !== null && "stack" in value && typeof value.stack === "string";
}

/** The fields of an error without its stack, and without type and message, with which the stack begins. */
function ownFields(error: ErrorFields): object {
  const shown = new Set(["stack", "type", "message"]);
  return Object.fromEntries(Object.entries(error).filter(([name]) => !shown.has(name)));
}

function indented(stack: string): string {
  return stack
    .split("\n")
    .map((line) => `    ${withoutControls(line)}`)
    .join("\n");
}

/** A message may quote what a client sent; its control characters mustn't reach the terminal. */
function withoutControls(text: string): string {
  return text.replaceAll(
    /\p{Cc}/gu,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The machine's own time zone, because the person who reads a terminal is in it. */
function timeOfDay(time: number): string {
  const at = new Date(time);
  return `${padded(at.getHours())}:${padded(at.getMinutes())}:${padded(at.getSeconds())}.${padded(at.getMilliseconds(), 3)}`;
}

function padded(value: number, width = 2): string {
  return String(value).padStart(width, "0");
}
