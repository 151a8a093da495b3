// Long because it is the list of requests that this store makes, each of them a few lines.
import type { CompletedPart, ListMultipartUploadsCommandOutput, S3Client } from "@aws-sdk/client-s3";
import { abortable } from "../../../async/abortable.ts";
import { StreamCsvError } from "../../../errors.ts";
import { connect, type Patience, type S3Address } from "./connect.ts";
import type { S3Sdk } from "./load-sdk.ts";
import { s3Fault, statusOf } from "./s3-fault.ts";

/** What is kept with an object. */
export interface ObjectHead {
  readonly contentType: string;
  readonly disposition: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** An upload in parts that has begun. */
export interface PartedUpload {
  readonly name: string;
  readonly id: string;
}

/** Where a page of a list of uploads begins. */
interface UploadsFrom {
  readonly KeyMarker?: string;
  readonly UploadIdMarker?: string;
}

/** A part that the service has. */
export interface UploadedPart {
  readonly number: number;
  readonly etag: string;
}

/**
 * Requests about the objects of one bucket. All of them end when their signal fires.
 * @throws (each of them) StreamCsvError `SCSV_STORE_UNAVAILABLE`, in the service's own words; the signal's reason when aborted
 */
export class S3Bucket {
  /** The SDK's client, for signing addresses. */
  readonly client: S3Client;
  readonly bucket: string;
  readonly #sdk: S3Sdk;

  constructor(sdk: S3Sdk, bucket: string, address: S3Address, patience: Patience) {
    this.#sdk = sdk;
    this.bucket = bucket;
    this.client = connect(sdk, address, patience);
  }

  /** Closes its connections. */
  close(): void {
    this.client.destroy();
  }

  async put(name: string, body: Uint8Array, head: ObjectHead, signal: AbortSignal): Promise<void> {
    const command = new this.#sdk.PutObjectCommand({ ...this.#at(name), ...headersOf(head), Body: body });
    await this.#ask("write a result", signal, (options) => this.client.send(command, options));
  }

  /** The size and the metadata of an object; null when there is none. */
  async head(
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly bytes: number; readonly metadata: Readonly<Record<string, string>> } | null> {
    const command = new this.#sdk.HeadObjectCommand(this.#at(name));
    return await this.#ask("find a result", signal, async (options) => {
      try {
        const { ContentLength = 0, Metadata = {} } = await this.client.send(command, options);
        return { bytes: ContentLength, metadata: Metadata };
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
        await this.#requireBucket(options);
        return null;
      }
    });
  }

  /**
   * An answer without a body can't say whether the object is missing or the bucket, such as that of a disk that isn't mounted yet.
   * A service that forbids the question has the bucket.
   */
  async #requireBucket(options: { readonly abortSignal: AbortSignal }): Promise<void> {
    try {
      await this.client.send(new this.#sdk.HeadBucketCommand({ Bucket: this.bucket }), options);
    } catch (error) {
      const status = statusOf(error);
      if (status === 404)
        throw Object.assign(new Error("The bucket doesn't exist"), {
          name: "NoSuchBucket",
          $metadata: { httpStatusCode: status },
        });
      if (status === undefined || status >= 500) throw error;
    }
  }

  /** Removes an object; one that isn't there is no fault. */
  async remove(name: string, signal: AbortSignal): Promise<void> {
    const command = new this.#sdk.DeleteObjectCommand(this.#at(name));
    await this.#ask("remove a result", signal, async (options) => {
      try {
        await this.client.send(command, options);
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
      }
    });
  }

  async begin(name: string, head: ObjectHead, signal: AbortSignal): Promise<PartedUpload> {
    const command = new this.#sdk.CreateMultipartUploadCommand({ ...this.#at(name), ...headersOf(head) });
    const action = "begin an upload";
    const { UploadId } = await this.#ask(action, signal, (options) => this.client.send(command, options));
    return { name, id: this.#required(UploadId, action, "UploadId") };
  }

  async putPart(
    upload: PartedUpload,
    number: number,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<UploadedPart> {
    const command = new this.#sdk.UploadPartCommand({ ...this.#of(upload), PartNumber: number, Body: body });
    const action = `upload part ${number} of a result`;
    const { ETag } = await this.#ask(action, signal, (options) => this.client.send(command, options));
    return { number, etag: this.#required(ETag, action, "ETag") };
  }

  /** Copies bytes `from` to `to`, that one included, of an object into a part. */
  async copyPart(
    upload: PartedUpload,
    number: number,
    source: { readonly name: string; readonly from: number; readonly to: number },
    signal: AbortSignal,
  ): Promise<UploadedPart> {
    const command = new this.#sdk.UploadPartCopyCommand({
      ...this.#of(upload),
      PartNumber: number,
      CopySource: this.#source(source.name),
      CopySourceRange: `bytes=${source.from}-${source.to}`,
    });
    const action = `copy part ${number} of a result`;
    const answer = await this.#ask(action, signal, (options) => this.client.send(command, options));
    return { number, etag: this.#required(answer.CopyPartResult?.ETag, action, "ETag") };
  }

  /** Makes an object of parts. If the answer was lost, the repeated request finds no such upload, but the object is there. */
  async complete(
    upload: PartedUpload,
    parts: readonly UploadedPart[],
    bytes: number,
    signal: AbortSignal,
  ): Promise<void> {
    const completed: CompletedPart[] = parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }));
    const command = new this.#sdk.CompleteMultipartUploadCommand({
      ...this.#of(upload),
      MultipartUpload: { Parts: completed },
    });
    await this.#ask("complete an upload", signal, async (options) => {
      try {
        await this.client.send(command, options);
      } catch (error) {
        if (statusOf(error) !== 404 || (await this.head(upload.name, signal))?.bytes !== bytes) throw error;
      }
    });
  }

  /** Copies an object of at most 5 GiB. */
  async copy(from: string, to: string, head: ObjectHead, signal: AbortSignal): Promise<void> {
    const command = new this.#sdk.CopyObjectCommand({
      ...this.#at(to),
      ...headersOf(head),
      CopySource: this.#source(from),
      MetadataDirective: "REPLACE",
    });
    await this.#ask("name a result", signal, (options) => this.client.send(command, options));
  }

  /** Removes the parts of an upload; one that isn't there is no fault. */
  async abort(upload: PartedUpload, signal: AbortSignal): Promise<void> {
    const command = new this.#sdk.AbortMultipartUploadCommand(this.#of(upload));
    await this.#ask("abort an upload", signal, async (options) => {
      try {
        await this.client.send(command, options);
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
      }
    });
  }

  /** The uploads in parts that haven't ended, of names that begin so; none where the service can't list them. */
  async unfinished(
    prefix: string,
    signal: AbortSignal,
  ): Promise<readonly (PartedUpload & { readonly begunAt: Date })[]> {
    const found: (PartedUpload & { readonly begunAt: Date })[] = [];
    let from: UploadsFrom | undefined = {};
    while (from !== undefined) {
      const page: ListMultipartUploadsCommandOutput | undefined = await this.#uploadsFrom(
        prefix,
        from,
        signal,
      );
      for (const { Key, UploadId, Initiated } of page?.Uploads ?? []) {
        // Some services ignore the prefix.
        if (Key?.startsWith(prefix) === true && UploadId !== undefined)
          found.push({ name: Key, id: UploadId, begunAt: Initiated ?? new Date() });
      }
      const { IsTruncated, NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page ?? {};
      from =
        IsTruncated === true && KeyMarker !== undefined && UploadIdMarker !== undefined
          ? { KeyMarker, UploadIdMarker }
          : undefined;
    }
    return found;
  }

  async #uploadsFrom(
    prefix: string,
    from: UploadsFrom,
    signal: AbortSignal,
  ): Promise<ListMultipartUploadsCommandOutput | undefined> {
    const command = new this.#sdk.ListMultipartUploadsCommand({
      Bucket: this.bucket,
      Prefix: prefix,
      ...from,
    });
    return await this.#ask("list unfinished uploads", signal, async (options) => {
      try {
        return await this.client.send(command, options);
      } catch (error) {
        if (statusOf(error) === 501) return undefined;
        throw error;
      }
    });
  }

  async #ask<T>(
    action: string,
    signal: AbortSignal,
    send: (options: { readonly abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    try {
      // The SDK respects the signal in a request, but not in a pause between two attempts.
      return await abortable(send({ abortSignal: signal }), signal);
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof StreamCsvError ? error : s3Fault(error, `s3://${this.bucket}`, action);
    }
  }

  #required(value: string | undefined, action: string, field: string): string {
    if (value !== undefined) return value;
    throw s3Fault(new Error(`the answer has no ${field}`), `s3://${this.bucket}`, action);
  }

  #at(name: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.bucket, Key: name };
  }

  #of({ name, id }: PartedUpload): {
    readonly Bucket: string;
    readonly Key: string;
    readonly UploadId: string;
  } {
    return { ...this.#at(name), UploadId: id };
  }

  #source(name: string): string {
    return `${this.bucket}/${name.split("/").map(encodeURIComponent).join("/")}`;
  }
}

function headersOf({ contentType, disposition, metadata }: ObjectHead): {
  readonly ContentType: string;
  readonly ContentDisposition: string;
  readonly Metadata: Record<string, string>;
} {
  return { ContentType: contentType, ContentDisposition: disposition, Metadata: { ...metadata } };
}
