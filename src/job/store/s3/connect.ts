import type { S3Client } from "@aws-sdk/client-s3";
import type { JobSettings } from "../../job-settings.ts";
import type { S3Sdk } from "./load-sdk.ts";

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
 * The region: as it is set, or else as the SDK finds it. A service with an endpoint of its own may do without.
 * @throws the SDK's error when AWS is meant and nothing names a region
 */
export async function resolveRegion(sdk: S3Sdk, address: S3Address): Promise<string> {
  if (address.region !== null) return address.region;
  const client = connect(sdk, address, askingPatience);
  try {
    return await client.config.region();
  } catch (error) {
    if (address.endpoint === null) throw error;
    return usualRegion;
  } finally {
    client.destroy();
  }
}
