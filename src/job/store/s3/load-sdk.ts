import type * as Client from "@aws-sdk/client-s3";
import type * as Presigner from "@aws-sdk/s3-request-presigner";
import { StreamCsvError } from "../../../errors.ts";

/** The SDK of S3. */
export type S3Sdk = typeof Client;

/** What signs addresses. */
export type S3Presigner = typeof Presigner;

/** Loads the SDK; the process of an upload needs nothing else. @throws StreamCsvError `SCSV_STORE_MISSING` */
export async function loadS3Sdk(
  load: () => Promise<S3Sdk> = async () => await import("@aws-sdk/client-s3"),
): Promise<S3Sdk> {
  return await orMissing("@aws-sdk/client-s3", load);
}

/** Loads what signs addresses. @throws StreamCsvError `SCSV_STORE_MISSING` */
export async function loadS3Presigner(
  load: () => Promise<S3Presigner> = async () => await import("@aws-sdk/s3-request-presigner"),
): Promise<S3Presigner> {
  return await orMissing("@aws-sdk/s3-request-presigner", load);
}

async function orMissing<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new StreamCsvError(
      "SCSV_STORE_MISSING",
      `A store of S3 needs the package "${name}", which can't be loaded: run npm install @aws-sdk/client-s3 @aws-sdk/s3-request-presigner.`,
      { cause },
    );
  }
}
