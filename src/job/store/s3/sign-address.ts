import type { S3Client } from "@aws-sdk/client-s3";
import { toError } from "../../../errors.ts";
import type { S3Presigner, S3Sdk } from "./load-sdk.ts";
import type { ObjectHead } from "./s3-bucket.ts";
import { s3Fault } from "./s3-fault.ts";

/**
 * An address from which anybody who has it may download an object for some seconds, or ask for its headers by HEAD. Makes no
 * request, but credentials may have to be fetched.
 * @throws StreamCsvError `SCSV_STORE_UNAVAILABLE` without credentials
 */
export async function signAddress(
  {
    sdk,
    presigner,
    client,
  }: { readonly sdk: S3Sdk; readonly presigner: S3Presigner; readonly client: S3Client },
  object: { readonly bucket: string; readonly name: string; readonly head: ObjectHead },
  method: "GET" | "HEAD",
  expiresInSeconds: number,
): Promise<string> {
  const { bucket, name, head } = object;
  const input = {
    Bucket: bucket,
    Key: name,
    // The object has the same header. Some services encode these characters otherwise when they check a signature.
    ...(/[!'()*]/.test(head.disposition) ? {} : { ResponseContentDisposition: head.disposition }),
    ResponseContentType: head.contentType,
    ResponseCacheControl: "private, no-store",
  };
  const command = method === "GET" ? new sdk.GetObjectCommand(input) : new sdk.HeadObjectCommand(input);
  try {
    // The SDK has corrected a wrong clock of this machine by the answers of the service, but not where it signs addresses.
    const signingDate = new Date(Date.now() + client.config.systemClockOffset);
    return await presigner.getSignedUrl(client, command, { expiresIn: expiresInSeconds, signingDate });
  } catch (error) {
    throw s3Fault(toError(error), `s3://${bucket}`, "sign an address");
  }
}
