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
