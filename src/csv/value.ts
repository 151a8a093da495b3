import { dayText, instantText, type InstantUnit } from "./iso-time.ts";

/** An exact decimal, `unscaled / 10 ** scale`, written with exactly `scale` digits after the point. */
export class DecimalValue {
  readonly unscaled: bigint;
  readonly scale: number;

  constructor(unscaled: bigint, scale: number) {
    this.unscaled = unscaled;
    this.scale = scale;
  }

  toString(): string {
    if (this.scale === 0) return String(this.unscaled);
    const isNegative = this.unscaled < 0n;
    const digits = String(isNegative ? -this.unscaled : this.unscaled).padStart(this.scale + 1, "0");
    const point = digits.length - this.scale;
    return `${isNegative ? "-" : ""}${digits.slice(0, point)}.${digits.slice(point)}`;
  }
}

/** A timestamp that is finer than a `Date` or outside its range. */
export class InstantValue {
  readonly ticks: number | bigint;
  readonly unit: InstantUnit;
  /** Whether its type has a time zone. Only PostgreSQL's dialect distinguishes the two. */
  readonly isZoned: boolean;

  constructor(ticks: number | bigint, unit: InstantUnit, isZoned = false) {
    this.ticks = ticks;
    this.unit = unit;
    this.isZoned = isZoned;
  }

  /** Returns ISO 8601 in UTC, or null if the ticks are NaN, as in an invalid `Date`. */
  toText(): string | null {
    return instantText(this.ticks, this.unit);
  }
}

/** A value, not of text type, that its source has already turned into text: a time, an interval, a JSON document. */
export class WrittenValue {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** A calendar day, counted from 1970-01-01. */
export class DayValue {
  readonly days: number;

  constructor(days: number) {
    this.days = days;
  }

  toString(): string {
    return dayText(this.days);
  }
}

/** A number that is already text, such as one with more digits than a `number` has. It is written unchanged. */
export class NumberTextValue {
  readonly text: string;

  /** @param text a number in JSON's form (RFC 8259, section 6) */
  constructor(text: string) {
    this.text = text;
  }
}

/** A value that is already JSON text (RFC 8259). It is written unchanged and never encoded again. */
export class JsonTextValue {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A 32-bit number, given as the shortest decimal that rounds to it. */
export class SingleValue {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** A span of time in three units that can't be converted into each other. */
export class IntervalValue {
  readonly months: number;
  readonly days: number;
  readonly microseconds: bigint;

  constructor(months: number, days: number, microseconds: bigint) {
    this.months = months;
    this.days = days;
    this.microseconds = microseconds;
  }

  /** Returns the text that DuckDB writes: `1 year 2 months 3 days 04:05:06.7`. */
  toString(): string {
    const parts = [
      counted(Math.trunc(this.months / 12), "year"),
      counted(this.months % 12, "month"),
      counted(this.days, "day"),
    ].filter((part) => part !== "");
    if (this.microseconds !== 0n || parts.length === 0) {
      const { isNegative, text } = hoursText(this.microseconds);
      parts.push(`${isNegative ? "-" : ""}${text}`);
    }
    return parts.join(" ");
  }
}

function counted(count: number, unit: string): string {
  if (count === 0) return "";
  return `${count} ${unit}${Math.abs(count) === 1 ? "" : "s"}`;
}

/** Returns hours, minutes and seconds: `04:05:06.7`, with a fraction only if it is not zero, and the sign separately. */
export function hoursText(microseconds: bigint): { readonly isNegative: boolean; readonly text: string } {
  const isNegative = microseconds < 0n;
  const size = isNegative ? -microseconds : microseconds;
  const seconds = size / 1_000_000n;
  const fraction = String(size % 1_000_000n)
    .padStart(6, "0")
    .replace(/0+$/, "");
  const [hours, minutes, rest] = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map((part) =>
    String(part).padStart(2, "0"),
  );
  return { isNegative, text: `${hours}:${minutes}:${rest}${fraction === "" ? "" : `.${fraction}`}` };
}

/** A list of scalars, such as a database's array. Only PostgreSQL's dialect has a form for it; the others write JSON. */
export class ArrayValue {
  readonly items: readonly unknown[];

  constructor(items: readonly unknown[]) {
    this.items = items;
  }
}

/** The mark of these classes' values, which another copy of this package knows too. */
const mark = Symbol.for("stream-csv.value");

for (const kind of [
  DecimalValue,
  InstantValue,
  WrittenValue,
  DayValue,
  NumberTextValue,
  JsonTextValue,
  SingleValue,
  IntervalValue,
  ArrayValue,
])
  Object.defineProperty(kind.prototype, mark, { value: true });

/** Whether an object is of one of these classes, be it that of another copy of this package, whose values may differ. */
export function isMarkedValue(value: object): boolean {
  return mark in value;
}
