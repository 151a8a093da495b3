import { dayText, instantText, type InstantUnit } from "./iso-time.ts";

/** An exact decimal, `unscaled / 10 ** scale`; written with exactly `scale` digits after the point. */
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

/** An instant finer or further away than a `Date` can hold it. */
export class InstantValue {
  readonly ticks: number | bigint;
  readonly unit: InstantUnit;
  /** Whether its type knows of time zones; only PostgreSQL's dialect tells the two apart. */
  readonly isZoned: boolean;

  constructor(ticks: number | bigint, unit: InstantUnit, isZoned = false) {
    this.ticks = ticks;
    this.unit = unit;
    this.isZoned = isZoned;
  }

  /** ISO 8601 in UTC; null when the ticks are NaN, as those of an invalid `Date` are. */
  toText(): string | null {
    return instantText(this.ticks, this.unit);
  }
}

/** A value that its source has written already, of a type that isn't text: a time, an interval, a JSON document. */
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

/** A number that is text already, such as one of more digits than a `number` holds; written as it is. */
export class NumberTextValue {
  readonly text: string;

  /** @param text a number as JSON has it (RFC 8259, section 6) */
  constructor(text: string) {
    this.text = text;
  }
}

/** A value that is JSON text already (RFC 8259); written as it is, and never encoded a second time. */
export class JsonTextValue {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A number of 32 bits, by the number with the fewest digits that is this one once it is rounded to 32 bits. */
export class SingleValue {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** A span of time in the three units that don't convert into each other. */
export class IntervalValue {
  readonly months: number;
  readonly days: number;
  readonly microseconds: bigint;

  constructor(months: number, days: number, microseconds: bigint) {
    this.months = months;
    this.days = days;
    this.microseconds = microseconds;
  }

  /** As DuckDB writes it: `1 year 2 months 3 days 04:05:06.7`. */
  toString(): string {
    const parts = [
      counted(Math.trunc(this.months / 12), "year"),
      counted(this.months % 12, "month"),
      counted(this.days, "day"),
    ].filter((part) => part !== "");
    if (this.microseconds !== 0n || parts.length === 0) {
      const { isNegative, text } = clockText(this.microseconds);
      parts.push(`${isNegative ? "-" : ""}${text}`);
    }
    return parts.join(" ");
  }
}

function counted(count: number, unit: string): string {
  if (count === 0) return "";
  return `${count} ${unit}${Math.abs(count) === 1 ? "" : "s"}`;
}

/** Hours, minutes and seconds, with a fraction only where there is one; the sign apart. */
export function clockText(microseconds: bigint): { readonly isNegative: boolean; readonly text: string } {
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

/** A list of scalars, which databases have as an array; JSON to everyone else. */
export class ArrayValue {
  readonly items: readonly unknown[];

  constructor(items: readonly unknown[]) {
    this.items = items;
  }
}
