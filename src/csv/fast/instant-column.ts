import {
  firstPostgresDay,
  millisecondsPerDay,
  toPostgres,
  withBlank,
  writeInstant,
  writeMicroseconds,
} from "./write-instant.ts";
import { doublesOf } from "./doubles-of.ts";
import { finished, generalWriter, writeNull } from "./cell-by-cell.ts";
import { cellTable, reserve, columnBuffer } from "./column-buffer.ts";
import type { ColumnContext, ColumnWriter, VectorOf } from "./column-writer.ts";

const greatest = Number.MAX_SAFE_INTEGER;

/** Instants in milliseconds or microseconds. Those that a double doesn't hold exactly take the general way. */
export function instantColumn(vector: VectorOf<"timestamp">, context: ColumnContext): ColumnWriter {
  const { format, terminator } = context;
  const { cellBytes, isPlain, isSpaced } = format;
  const isPostgres = format.isPostgres && isSpaced;
  const { nulls, values, isZoned = false } = vector;
  const isMicroseconds = vector.unit === "us";
  const general = generalWriter(vector, context);
  // PostgreSQL counts years before 1 as it does in texts: 1 BC.
  const firstDay = isPostgres ? firstPostgresDay : Number.NEGATIVE_INFINITY;
  const lead = format.quotesAll ? 1 : 0;
  const [first = 0, second = 0] = terminator;
  const terminatorLength = terminator.length;
  return {
    write(from, to, firstSlot, begin) {
      const { starts, lengths } = cellTable;
      const instants = doublesOf(values, from, to);
      const shift = instants === values ? 0 : from;
      reserve(begin + (to - from) * cellBytes);
      let { view } = columnBuffer;
      let at = begin;
      let slot = firstSlot;
      for (let row = from; row < to; row += 1) {
        const start = at;
        if (nulls?.[row] === 1) at = writeNull(at, format);
        else {
          // A Date holds whole milliseconds: a fraction is cut off, as Date cuts it.
          const ticks = Math.trunc(instants[row - shift] ?? 0);
          const milliseconds = isMicroseconds ? Math.floor(ticks / 1000) : ticks;
          const days = Math.floor(milliseconds / millisecondsPerDay);
          const ofDay = (milliseconds - days * millisecondsPerDay) | 0;
          const isQuick = days >= firstDay && ticks <= greatest && ticks >= -greatest;
          let end = isQuick ? writeInstant(view, at + lead, days, ofDay) : -1;
          if (isMicroseconds) end = writeMicroseconds(view, end, (ticks - milliseconds * 1000) | 0);
          if (isPostgres) end = toPostgres(view, at + lead, end, isZoned);
          else if (isSpaced) end = withBlank(view, at + lead, end);
          if (end < 0) {
            end = general(row, at + lead);
            reserve(Math.max(at, end) + (to - row) * cellBytes);
            ({ view } = columnBuffer);
          }
          at = isPlain && end >= 0 ? end : finished(end, at, format);
        }
        view.setInt8(at, first);
        view.setInt8(at + 1, second);
        at += terminatorLength;
        starts[slot] = start;
        lengths[slot] = at - start;
        slot += 1;
      }
      return at;
    },
  };
}
