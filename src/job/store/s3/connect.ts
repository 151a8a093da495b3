import type { S3Client } from "@aws-sdk/client-s3";
import { StreamCsvError } from "../../../errors.ts";
import type { JobSettings } from "../../job-settings.ts";
import type { S3Sdk } from "./load-sdk.ts";
import { withoutSecrets } from "./s3-fault.ts";

/** How a service is reached. Plain data without secrets: each process finds credentials as the SDK does. */
export type S3Address = Pick<JobSettings, "endpoint" | "forcePathStyle" | "region">;

/** How long a request may take. */
export interface Patience {
  /** Attempts of one request, with the SDK's growing pauses between them. */
  readonly attempts: number;
  readonly connectMs: number;
  /** How long a connection may carry nothing, neither of the request nor of its answer. */
  readonly idleMs: number;
}

/** Of small requests, for which a client of the server waits. */
export const askingPatience: Patience = { attempts: 3, connectMs: 3000, idleMs: 10_000 };

/** Of parts. Ten attempts bridge about half a minute without the service. */
export const uploadingPatience: Patience = { attempts: 10, connectMs: 10_000, idleMs: 60_000 };

/** Of completing and copying, during which some services say nothing. */
export const assemblingPatience: Patience = { attempts: 10, connectMs: 10_000, idleMs: 600_000 };

/** The region of services that have none. */
const usualRegion = "us-east-1";

/** Makes a client; connects with its first request only. */
export function connect(sdk: S3Sdk, address: S3Address, patience: Patience): S3Client {
  const { endpoint, forcePathStyle, region } = address;
  return new sdk.S3Client({
    forcePathStyle,
    ...(endpoint === null ? {} : { endpoint }),
    ...(region === null ? {} : { region }),
    // Other services know no checksums of AWS. The signature covers the SHA-256 of every body anyway.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    // With this header the SDK opens a new connection for each part.
    expectContinueHeader: false,
    retryMode: "standard",
    maxAttempts: patience.attempts,
    requestHandler: { connectionTimeout: patience.connectMs, socketTimeout: patience.idleMs },
  });
}

/**
 * The address with its region: as it is set, or else as the SDK finds it. A service with an endpoint of its own may do without.
 * @throws StreamCsvError `SCSV_BAD_SETTING` for an endpoint that can't be, and when AWS is meant and nothing names a region
 */
export async function resolveAddress(
  sdk: S3Sdk,
  { endpoint, forcePathStyle, region }: S3Address,
): Promise<S3Address & { readonly region: string }> {
  if (endpoint !== null) checkEndpoint(endpoint);
  if (region !== null) return { endpoint, forcePathStyle, region };
  const client = connect(sdk, { endpoint, forcePathStyle, region }, askingPatience);
  try {
    return { endpoint, forcePathStyle, region: await client.config.region() };
  } catch (error) {
    if (endpoint !== null) return { endpoint, forcePathStyle, region: usualRegion };
    throw new StreamCsvError(
      "SCSV_BAD_SETTING",
      "The S3 store of the jobs has no region: set region of the jobs, or AWS_REGION.",
      { cause: withoutSecrets(error) },
    );
  } finally {
    client.destroy();
  }
}

function checkEndpoint(endpoint: string): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.username + url.password + url.search + url.hash === ""
  )
    return;
  // It isn't quoted, since it may have a password in it.
  throw new StreamCsvError(
    "SCSV_BAD_SETTING",
    "The endpoint of the S3 store isn't an address such as https://storage.example.com, without user, password, ? and #.",
  );
}
