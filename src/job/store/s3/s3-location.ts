import { StreamCsvError } from "../../../errors.ts";

/** A bucket, and the beginning of the names of all objects in it that are this store's: empty, or with a slash at its end. */
export interface S3Location {
  readonly bucket: string;
  readonly prefix: string;
}

/** Also longer names and other characters than those of AWS, since compatible services allow them. */
const bucketName = /^[A-Za-z0-9][\w.-]{1,253}[A-Za-z0-9]$/;

/** A name of an object has 1024 bytes at most; 400 are for the job's id, the digest and the file's name. */
const mostPrefixBytes = 624;

/**
 * Parses `s3://BUCKET/PREFIX`; the prefix may be missing.
 * @throws StreamCsvError `SCSV_BAD_SETTING` that quotes the text and says what is allowed
 */
export function parseS3Location(text: string): S3Location {
  const [, bucket = "", path = ""] = /^s3:\/\/([^/]*)\/?(.*)$/s.exec(text) ?? [];
  if (!bucketName.test(bucket))
    throw unusable(text, "BUCKET has letters, digits, dots and hyphens, such as s3://exports/production");
  const prefix = path.replace(/\/$/, "");
  if (prefix === "") return { bucket, prefix: "" };
  // Clients and proxies resolve "." and "..", and an empty part, in a path; ? and # begin other parts of a URL.
  if (/[\p{Cc}\p{Cs}?#\\]/u.test(prefix) || prefix.split("/").some((part) => /^\.{0,2}$/.test(part)))
    throw unusable(
      text,
      "PREFIX has names with a slash between them, without ?, #, \\ and control characters",
    );
  if (Buffer.byteLength(prefix) > mostPrefixBytes)
    throw unusable(text, `PREFIX has ${mostPrefixBytes} bytes at most`);
  return { bucket, prefix: `${prefix}/` };
}

function unusable(text: string, rule: string): StreamCsvError {
  return new StreamCsvError(
    "SCSV_BAD_SETTING",
    `${JSON.stringify(text)} is not a store of jobs: use s3://BUCKET/PREFIX, where ${rule}.`,
  );
}
