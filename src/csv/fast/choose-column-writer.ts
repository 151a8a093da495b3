import type { ColumnVector } from "../batch.ts";
import { firstPostgresDay, writeDay } from "./write-instant.ts";
import { booleanColumn, dictionaryColumn } from "./dictionary-column.ts";
import { greatestScale, writeShortFloat } from "./digits.ts";
import { cellByCell, generalWriter } from "./cell-by-cell.ts";
import { instantColumn } from "./instant-column.ts";
import { scaledColumn } from "./scaled-column.ts";
import { numberTextColumn } from "./number-text-column.ts";
import { columnBuffer } from "./column-buffer.ts";
import type { ColumnContext, ColumnWriter, VectorOf } from "./column-writer.ts";
import { utf8Column } from "./utf8-column.ts";
import { valueColumn } from "./value-column.ts";
import { valueByValue } from "./value-by-value.ts";

/** Dictionaries greater than this would cost more to encode than they save. */
const greatestDictionary = 65_536;

/** Chooses the writer of a column by the kind of its vector. Each writer gives the same text as `cellText`. */
export function chooseColumnWriter(vector: ColumnVector, context: ColumnContext): ColumnWriter {
  if (context.format.guardsNumbers && mayBeLong(vector)) return valueByValue(vector, context);
  switch (vector.kind) {
    case "integer":
      return isBigints(vector.values)
        ? general(vector, context)
        : scaledColumn(vector, vector.values, 0, context);
    case "decimal":
      return isBigints(vector.unscaled) || vector.scale > greatestScale
        ? general(vector, context)
        : scaledColumn(vector, vector.unscaled, vector.scale, context);
    case "float":
      return floatColumn(vector, context);
    case "boolean":
      return booleanColumn(vector, context);
    case "timestamp":
      // Nanoseconds are too many for a double.
      return vector.unit === "ns" ? general(vector, context) : instantColumn(vector, context);
    case "date":
      return dateColumn(vector, context);
    case "dictionary":
      return vector.dictionary.length > greatestDictionary
        ? valueColumn({ values: vector.dictionary }, context, vector.codes)
        : dictionaryColumn(vector, context);
    case "number-text":
      return numberTextColumn(vector, context);
    case "utf8":
    case "json-text":
      return utf8Column(vector, context);
    case "text":
    case "mixed":
    case "bytes":
    default:
      return valueColumn(vector, context);
  }
}

/** Whether a vector may hold numbers with more digits than a spreadsheet keeps. Integers of up to 32 bits have ten. */
function mayBeLong(vector: ColumnVector): boolean {
  if (vector.kind !== "integer")
    return vector.kind === "decimal" || vector.kind === "float" || vector.kind === "number-text";
  return isBigints(vector.values) || vector.values.BYTES_PER_ELEMENT === 8;
}

function general(
  vector: VectorOf<"integer" | "decimal" | "float" | "timestamp" | "date">,
  context: ColumnContext,
): ColumnWriter {
  return cellByCell(generalWriter(vector, context), vector.nulls, context);
}

function isBigints(values: object): values is readonly bigint[] {
  return Array.isArray(values);
}

function floatColumn(vector: VectorOf<"float">, context: ColumnContext): ColumnWriter {
  const { values, nulls } = vector;
  const { separator, isPostgres } = context.format;
  // PostgreSQL has rules of its own for exponents.
  if (isPostgres) return general(vector, context);
  const rest = generalWriter(vector, context);
  return cellByCell(
    (row, at) => {
      const end = writeShortFloat(columnBuffer.view, at, values, row, separator);
      return end < 0 ? rest(row, at) : end;
    },
    nulls,
    context,
  );
}

function dateColumn(vector: VectorOf<"date">, context: ColumnContext): ColumnWriter {
  const { values, nulls } = vector;
  const firstDay = context.format.isPostgres ? firstPostgresDay : Number.NEGATIVE_INFINITY;
  const rest = generalWriter(vector, context);
  return cellByCell(
    (row, at) => {
      const day = values[row] ?? 0;
      const end = day >= firstDay ? writeDay(columnBuffer.view, at, day) : -1;
      return end < 0 ? rest(row, at) : end;
    },
    nulls,
    context,
  );
}
