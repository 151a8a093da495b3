import type { ObjectHead, S3Bucket, UploadedPart } from "./s3-bucket.ts";

/** Larger objects are copied in pieces of this size: S3 copies 5 GiB at once, but some services say nothing meanwhile. */
const pieceBytes = 1024 ** 3;

/**
 * Copies an object inside its bucket and gives the copy another head; the bytes don't leave the service. The copy is there
 * only when it is whole.
 * @throws what `S3Bucket` throws; the parts of a failed copy remain as an unfinished upload
 */
export async function copyObject(
  bucket: S3Bucket,
  from: { readonly name: string; readonly bytes: number },
  to: { readonly name: string; readonly head: ObjectHead },
  signal: AbortSignal,
): Promise<void> {
  if (from.bytes <= pieceBytes) {
    await bucket.copy(from.name, to.name, to.head, signal);
    return;
  }
  const upload = await bucket.begin(to.name, to.head, signal);
  const parts: UploadedPart[] = [];
  for (let at = 0; at < from.bytes; at += pieceBytes) {
    const last = Math.min(at + pieceBytes, from.bytes) - 1;
    const piece = { name: from.name, from: at, to: last };
    parts.push(await bucket.copyPart(upload, parts.length + 1, piece, signal));
  }
  await bucket.complete(upload, parts, from.bytes, signal);
}
