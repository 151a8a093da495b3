import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { StreamCsvError } from "../../../src/index.ts";
import type { RowsCheck, RowsSample } from "../series.ts";

/** The digest of rows beside their size. */
interface RowsDigest extends RowsSample {
  readonly sha256: string;
}

/** Demands that all peers give the same bytes. */
export const equalBytes: RowsCheck = { read: readDigest, differenceOf };

async function readDigest(
  text: Readable,
  { of, rows }: { readonly of: string; readonly rows: number },
): Promise<RowsDigest> {
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const chunk of text as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      hash.update(chunk);
    }
  } catch (cause) {
    if (cause instanceof Error && cause.name === "AbortError") throw cause;
    throw new StreamCsvError("SCSV_MEASUREMENT_INVALID", `The text of ${of} isn't whole: ${String(cause)}.`, {
      cause,
    });
  }
  return { rows, bytesPerRow: bytes / rows, sha256: hash.digest("hex") };
}

function differenceOf(one: RowsDigest, ours: RowsDigest): string | undefined {
  if (one.sha256 === ours.sha256) return undefined;
  return `The SHA-256 of ${one.rows} rows is ${one.sha256}, with ${one.bytesPerRow.toFixed(2)} bytes a row, and ${ours.sha256} of ours, with ${ours.bytesPerRow.toFixed(2)}.`;
}
