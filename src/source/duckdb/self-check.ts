import { cellText } from "../../csv/cell-text.ts";
import { resolveDialect } from "../../csv/resolve-dialect.ts";
import { vectorValue } from "../../csv/vector-value.ts";
import { messageOf } from "../../errors.ts";
import { columnReader, isOfType } from "./column-reader.ts";
import { createDatabase, type DuckDBModule } from "./database.ts";

/** A type whose values are read from DuckDB's own memory, values of it, and the text each has in CSV. */
type TypeCheck = readonly [type: string, ...values: (readonly [literal: string, text: string])[]];

const long = "a text of more than twelve bytes, ünd ñot ÄSCII 🍜";

const checks: readonly TypeCheck[] = [
  ["BOOLEAN", ["true", "true"], ["false", "false"]],
  ["TINYINT", ["-128", "-128"], ["127", "127"]],
  ["SMALLINT", ["-32768", "-32768"], ["258", "258"]],
  ["INTEGER", ["-2147483648", "-2147483648"], ["16909060", "16909060"]],
  ["BIGINT", ["-9223372036854775808", "-9223372036854775808"], ["72623859790382856", "72623859790382856"]],
  ["UTINYINT", ["255", "255"], ["1", "1"]],
  ["USMALLINT", ["65535", "65535"], ["258", "258"]],
  ["UINTEGER", ["4294967295", "4294967295"], ["1", "1"]],
  ["UBIGINT", ["18446744073709551615", "18446744073709551615"], ["1", "1"]],
  ["DECIMAL(4,2)", ["-99.99", "-99.99"], ["0.05", "0.05"]],
  ["DECIMAL(9,3)", ["-123456.789", "-123456.789"], ["0.001", "0.001"]],
  ["DECIMAL(18,2)", ["-1234567890123456.78", "-1234567890123456.78"], ["0.01", "0.01"]],
  [
    "DECIMAL(38,0)",
    ["-12345678901234567890123456789012345678", "-12345678901234567890123456789012345678"],
    ["18446744073709551616", "18446744073709551616"],
  ],
  ["FLOAT", ["0.1", "0.1"], ["-16777216", "-16777216"]],
  ["DOUBLE", ["0.1", "0.1"], ["-1e300", "-1e+300"], ["'nan'", "NaN"]],
  ["DATE", ["'2024-02-29'", "2024-02-29"], ["'1969-12-31'", "1969-12-31"]],
  ["TIMESTAMP", ["'2024-02-29 01:02:03.000004'", "2024-02-29T01:02:03.000004Z"]],
  ["TIMESTAMPTZ", ["'1969-12-31 23:59:59.5+00'", "1969-12-31T23:59:59.500Z"]],
  ["TIMESTAMP_S", ["'2024-02-29 01:02:03'", "2024-02-29T01:02:03.000Z"]],
  ["TIMESTAMP_MS", ["'2024-02-29 01:02:03.004'", "2024-02-29T01:02:03.004Z"]],
  ["TIMESTAMP_NS", ["'2024-02-29 01:02:03.000000005'", "2024-02-29T01:02:03.000000005Z"]],
  ["ENUM('no', 'yes')", ["'yes'", "yes"], ["'no'", "no"]],
  [
    "VARCHAR",
    ["''", ""],
    ["'twelve bytes'", "twelve bytes"],
    [`'${long}'`, long],
    ["chr(65279) || 'x'", "\uFEFFx"],
  ],
  ["JSON", [`'{"a": [1, 2.50]}'`, '{"a": [1, 2.50]}'], ["'1'", "1"]],
  ["BLOB", ["'\\x00\\xFF'", "\\x00ff"], [`repeat('\\x0A', 20)`, `\\x${"0a".repeat(20)}`]],
  ["VARCHAR[]", [`['${long}', NULL, chr(65279)]`, JSON.stringify([long, null, "\uFEFF"])], ["[]", "[]"]],
  ["INTEGER[2]", ["[1, NULL]", "[1,null]"], ["[3, 4]", "[3,4]"]],
  ["STRUCT(a INTEGER, b VARCHAR[])", ["{'a': 1, 'b': ['x', chr(65279)]}", '{"a":1,"b":["x","\uFEFF"]}']],
  ["MAP(VARCHAR, DECIMAL(4,2))", ["MAP {'k': 1.5, 'j': NULL}", '{"k":1.50,"j":null}'], ["MAP {}", "{}"]],
  ["UNION(n INTEGER, t VARCHAR)", ["union_value(t := 'x')", '{"t":"x"}'], ["union_value(n := 1)", '{"n":1}']],
];

/** More than a word of validity bits. */
const rowCount = 70;
/** The first row of the part that is read, as in the later parts of a chunk. */
const from = 3;

const checked = new WeakMap<DuckDBModule, Promise<boolean>>();

/**
 * Whether the client keeps its vectors in the way the quick readers know: known values are read through all of them when a
 * client is first used. One warning says when it doesn't; then only its public interface is used.
 */
export function knowsVectors(duckdb: DuckDBModule): Promise<boolean> {
  const known = checked.get(duckdb) ?? check(duckdb);
  checked.set(duckdb, known);
  return known;
}

async function check(duckdb: DuckDBModule): Promise<boolean> {
  const difference = await firstDifference(duckdb);
  if (difference === undefined) return true;
  process.emitWarning(
    `The installed @duckdb/node-api isn't one that stream-csv knows (${difference}): files are read several times slower. Install a version from the range that stream-csv names as its peer.`,
    { type: "StreamCsvWarning", code: "SCSV_DUCKDB_UNKNOWN" },
  );
  return false;
}

/** What is read otherwise than it should be; undefined when nothing is. */
async function firstDifference(duckdb: DuckDBModule): Promise<string | undefined> {
  const instance = await createDatabase(duckdb, 64 * 1024 * 1024);
  const connection = await instance.connect();
  try {
    const cells = checks.map(([type, ...values]) => {
      const literals = [...values.map(([literal]) => `(${literal})::${type}`), "NULL"];
      return `[${literals.join(", ")}][1 + i % ${literals.length}]`;
    });
    const result = await connection.stream(`SELECT ${cells.join(", ")} FROM range(${rowCount}) t(i)`);
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount !== rowCount) return "rows are missing";
    const dialect = resolveDialect("unix", { nonFinite: "text" });
    for (const [place, type] of result.columnTypes().entries()) {
      const [name = "", ...values] = checks[place] ?? [];
      const reader = columnReader(duckdb, type);
      const vector = chunk.getColumnVector(place);
      if (!isOfType(vector, reader.typeId)) return `${name} has another type`;
      const read = reader.open()(vector, { from, to: rowCount });
      for (let row = from; row < rowCount; row += 1) {
        const text = cellText(vectorValue(read, row - from), dialect, { column: name });
        if (text !== (values[row % (values.length + 1)]?.[1] ?? null)) return `${name} is read otherwise`;
      }
    }
    return undefined;
  } catch (error) {
    return messageOf(error);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
