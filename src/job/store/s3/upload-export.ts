import { createHash } from "node:crypto";
import { WriteBehind } from "../../../async/write-behind.ts";
import { StreamCsvError } from "../../../errors.ts";
import type { ExportRun } from "../../../export/run.ts";
import type { JobResult } from "../../job.ts";
import { PartBuffer } from "./part-buffer.ts";
import { mostParts, partBytesOf } from "./part-size.ts";
import type { UploadedPart } from "./s3-bucket.ts";
import type { Uploaded } from "./uploader-messages.ts";

/** Where the bytes of a result go. */
export interface UploadTarget {
  /** Uploads a part; `body` is reused once this has settled. Part 1 begins the upload. */
  readonly putPart: (number: number, body: Uint8Array) => Promise<UploadedPart>;
  /** Writes a result that is smaller than a part. */
  readonly put: (body: Uint8Array, result: JobResult) => Promise<void>;
  /** Called when either fails: ends the reading and what is being sent. */
  readonly stop: (error: unknown) => void;
}

/**
 * Uploads an export in parts: while one part is sent, the next one is filled. A result that fits into one part is written
 * by a single request. Memory is two parts and one chunk. When this settles, no request is running.
 * @throws what the run and the target throw
 */
export async function uploadExport(
  run: ExportRun,
  target: UploadTarget,
  onProgress: () => void,
): Promise<Uploaded> {
  const hash = createHash("sha256");
  const parts: UploadedPart[] = [];
  let filling = new PartBuffer();
  let other = new PartBuffer();
  const sending = new WriteBehind(target.stop);
  let number = 1;
  const send = async (): Promise<void> => {
    if (number > mostParts) throw tooLarge();
    const [part, content] = [number, filling.content];
    await sending.begin(async () => void parts.push(await target.putPart(part, content)));
    number += 1;
    [filling, other] = [other, filling];
    filling.start(partBytesOf(number));
  };
  filling.start(partBytesOf(number));
  try {
    for await (const chunk of run.lentChunks) {
      hash.update(chunk);
      let rest = filling.fill(chunk);
      while (rest.byteLength > 0) {
        await send();
        rest = filling.fill(rest);
      }
      onProgress();
    }
    const result = { ...run.progress, sha256: hash.digest("hex") };
    if (number === 1) {
      await target.put(filling.content, result);
      return { result, parts: null };
    }
    await send();
    await sending.finish();
    return { result, parts };
  } catch (error) {
    // The reading ends for the reason of a part, in words of its own.
    throw await sending.abandon(error);
  }
}

function tooLarge(): StreamCsvError {
  return new StreamCsvError(
    "SCSV_SPOOL_SIZE",
    "The result is larger than 3.9 TiB, the most that its store takes.",
    {
      hint: "Ask for fewer rows, in several jobs.",
    },
  );
}
