import { StreamCsvError } from "../../../src/ground.ts";
import type { ExportReading } from "../../load/read-export.ts";
import { checksumText } from "../../result/checksum-text.ts";
import type { ExpectedBody } from "../arm.ts";

/** A timed body has other bytes than the one that was checked, so nothing that its server gave can be trusted. */
class WrongBodyError extends StreamCsvError {
  constructor(message: string, details: { readonly hint: string }) {
    super("SCSV_MEASUREMENT_INVALID", message, details);
  }
}

/** Whether an error says that a timed body had other bytes than the one that was checked, or was caused by one that does. */
export function isWrongBody(fault: unknown): boolean {
  if (fault instanceof WrongBodyError) return true;
  return fault instanceof Error && fault.cause !== undefined && isWrongBody(fault.cause);
}

/**
 * Compares a timed body with the one that was checked.
 * @throws WrongBodyError `SCSV_MEASUREMENT_INVALID` that names whose body it is
 */
export function requireSameBody(
  whose: string,
  { bodyBytes, crc32, content }: ExportReading,
  expected: Omit<ExpectedBody, "rows"> & { readonly rows?: number },
): void {
  if (expected.equality === "rows") {
    if (content === null) throw new Error("a body that is compared by its rows was not counted");
    const rows = content.records - (expected.headerRecords ?? 1);
    const isSame = rows === expected.rows && content.columns === expected.columns;
    if (isSame) return;
    throw new StreamCsvError(
      "SCSV_MEASUREMENT_INVALID",
      `${whose} gave ${rows} rows of ${content.columns} columns in a timed round, and ${expected.rows} of ${expected.columns} when it was checked.`,
      { hint: "Ask for rows that stay as many: by a WHERE, a LIMIT, or {rows} in the address." },
    );
  }
  if (bodyBytes !== expected.bytes) {
    throw new WrongBodyError(
      `${whose} gave ${bodyBytes} bytes in a timed round, and ${expected.bytes} when it was checked.`,
      { hint: hintForChange },
    );
  }
  if (crc32 === expected.crc32) return;
  throw new WrongBodyError(
    `${whose} gave other bytes in a timed round than when it was checked, though as many: their CRC-32 is ${crc32 === null ? "unknown" : checksumText(crc32)} instead of ${checksumText(expected.crc32)}.`,
    { hint: hintForChange },
  );
}

const hintForChange =
  "If its rows may change between requests, --integrity rows compares rows and columns instead of bytes.";
