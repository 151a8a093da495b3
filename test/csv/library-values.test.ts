import assert from "node:assert/strict";
import { Duplex, Readable } from "node:stream";
import { test } from "node:test";
import vm from "node:vm";
import { Binary, Decimal128, ObjectId, UUID } from "bson";
import { Decimal } from "decimal.js";
import { DateTime, Duration, Settings } from "luxon";
import { Temporal } from "temporal-polyfill";
import { CsvEncoder, type DialectName } from "../../src/index.ts";
import { encoderNames } from "../../src/csv/encoder-name.ts";
import { resolveDialect } from "../../src/csv/resolve-dialect.ts";

/** The cell of a value. Both encoders must write the same. */
function cell(value: unknown, dialect: DialectName = "unix"): string {
  const [fast, general] = encoderNames.map((name) => {
    const encoder = new CsvEncoder(
      [{ name: "v" }, { name: "z" }],
      resolveDialect(dialect, { bom: false }),
      name,
    );
    const values = [value, 0];
    const columns = values.map((_, first) => ({ kind: "mixed" as const, values, first, step: 2 }));
    return Buffer.from(encoder.encode({ rowCount: 1, columns })).toString();
  });
  assert.equal(fast, general);
  return (fast ?? "").replace(/[,;]0\r?\n$/, "");
}

test("writes ids, decimals, dates and addresses of libraries as the value of their toJSON", () => {
  const id = "507f1f77bcf86cd799439011";
  assert.equal(cell(new ObjectId(id)), id);
  assert.equal(
    cell(new UUID("0b8a4f0c-9a3b-4d2c-8e1f-0123456789ab")),
    "0b8a4f0c-9a3b-4d2c-8e1f-0123456789ab",
  );
  assert.equal(cell(new Decimal("12345678901234567890.123456789")), "12345678901234567890.123456789");
  assert.equal(cell(new Decimal("-0.05"), "excel"), "-0.05");
  assert.equal(cell(new URL("https://example.org/a?b=c")), "https://example.org/a?b=c");
  assert.equal(cell(Temporal.PlainDate.from("2026-11-28")), "2026-11-28");
  assert.equal(
    cell(Temporal.Instant.from("2026-11-28T14:05:09.123456789Z")),
    "2026-11-28T14:05:09.123456789Z",
  );
  assert.equal(cell(Temporal.Duration.from("P1DT2H")), "P1DT2H");
  assert.equal(cell(DateTime.fromISO("2026-11-28T14:05:09Z", { zone: "utc" })), "2026-11-28T14:05:09.000Z");
  assert.equal(cell(Duration.fromObject({ hours: 2 })), "PT2H");
  assert.equal(cell(new Binary(Buffer.from("hi"))), "aGk=");
});

test("writes JSON if toJSON returns an object, and null if it returns null", () => {
  assert.equal(cell(Decimal128.fromString("1.50")), '"{""$numberDecimal"":""1.50""}"');
  Settings.throwOnInvalid = false;
  assert.equal(cell(DateTime.invalid("no such day")), "");
});

test("keeps these values unchanged inside JSON", () => {
  const id = new ObjectId("507f1f77bcf86cd799439011");
  const value = { id, at: Temporal.PlainDate.from("2026-11-28"), prices: [new Decimal("1.10")] };
  assert.equal(cell(value), `"${JSON.stringify(value).replaceAll('"', '""')}"`);
});

test("recognizes dates and bytes of another realm, such as a test runner's", () => {
  assert.equal(cell(vm.runInNewContext("new Date(0)")), "1970-01-01T00:00:00.000Z");
  assert.equal(cell(vm.runInNewContext("new Date(0)"), "excel"), "1970-01-01 00:00:00");
  assert.equal(cell(vm.runInNewContext("Uint8Array.of(1, 171)")), "\\x01ab");
  assert.throws(() => cell(vm.runInNewContext("new Date(NaN)")), { code: "SCSV_INVALID_DATE" });
});

class Money {
  readonly #cents = 5n;
  toString(): string {
    return `${this.#cents} ct`;
  }
}

/** As the queries of Knex and Mongoose, which are made when they are awaited. */
// oxlint-disable-next-line unicorn/no-thenable -- as those
const lazyQuery = { then: () => undefined };

const hidden: readonly (readonly [value: unknown, name: string])[] = [
  [new Set([1]), "Set"],
  [new Error("away"), "Error"],
  [Object.assign(new TypeError("away"), { code: "E" }), "Error"],
  [Promise.resolve(1), "Promise"],
  [/a/, "RegExp"],
  [new WeakMap(), "WeakMap"],
  [[1].values(), "Array Iterator"],
  [new URLSearchParams("a=1"), "URLSearchParams"],
  [{ inside: [new Set()] }, "Set"],
  [new Money(), "Money"],
  [[{ price: new Money() }], "Money"],
  [new (class Euros extends Money {})(), "Euros"],
  [new Map([["key", new Error("away")]]), "Error"],
  [new (class Lob extends Duplex {})(), "Lob"],
  [{ scan: Readable.from(["a"]) }, "Readable"],
  [{ sql: "SELECT 1", ...lazyQuery }, "Object"],
  [Object.assign(Object.create(null), lazyQuery), "object"],
];

test("writes an empty object of any realm, and one of a class that shows its contents", () => {
  assert.equal(cell({}), "{}");
  assert.equal(cell(vm.runInNewContext("({})")), "{}");
  assert.equal(cell(Object.assign(new Money(), { cents: 5 })), '"{""cents"":5}"');
  assert.equal(cell(Object.assign(Object.create({ toJSON: () => "5 ct" }))), "5 ct");
});

test("refuses an object whose contents JSON would leave out, with row and column", () => {
  for (const [value, name] of hidden)
    assert.throws(() => cell(value), {
      code: "SCSV_NO_TEXT",
      row: 1,
      column: "v",
      message: `Row 1, column "v", can't be written as JSON: JSON would leave out what the ${name} holds. Use text, a number, an array or a plain object.`,
    });
  const throwing = {
    toJSON: () => {
      throw new Error("the record is gone");
    },
  };
  assert.throws(() => cell(throwing), { code: "SCSV_NO_TEXT", message: /the record is gone/ });
  assert.throws(() => cell({ toJSON: () => Number.NaN }), { code: "SCSV_NON_FINITE", row: 1, column: "v" });
});
