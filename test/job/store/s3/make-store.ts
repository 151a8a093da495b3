import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { openCatalog } from "../../../../src/export/catalog.ts";
import { readExportParameters } from "../../../../src/export/parameters.ts";
import { planExport } from "../../../../src/export/plan.ts";
import type { ServedSource } from "../../../../src/export/served-source.ts";
import { runExport } from "../../../../src/export/run.ts";
import type { JobMaking } from "../../../../src/job/job-store.ts";
import { S3Store, type S3StoreOptions } from "../../../../src/job/store/s3/s3-store.ts";
import type { S3Server } from "../../../../dev/s3-server.ts";

/** Rows of `orders` that need one part, two, and three. */
export const fewRows = 1000;
export const manyRows = 165_000;
export const mostRows = 320_000;

/** A store whose warnings fail the test that doesn't expect them. */
export async function openStore(
  server: Pick<S3Server, "bucket" | "endpoint">,
  options: Partial<S3StoreOptions> = {},
  prefix = "made",
  sources: readonly ServedSource[] = [],
): Promise<S3Store> {
  const settings = {
    store: `s3://${server.bucket}/${prefix}`,
    endpoint: server.endpoint,
    forcePathStyle: true,
    region: null,
    keepMs: 3_600_000,
  };
  return await S3Store.open(settings, sources, { onWarning: (error) => assert.fail(error), ...options });
}

/** A job that makes so many rows of `orders`. */
export async function makeJob(rows: number, filename = "orders.csv"): Promise<JobMaking> {
  const parameters = readExportParameters([
    ["rows", String(rows)],
    ["dialect", "excel"],
  ]);
  const { key } = planExport(await (await openCatalog()).find("orders"), parameters);
  const contentType = "text/csv; charset=utf-8; header=present";
  return { id: randomUUID(), export: "orders", parameters, version: null, key, filename, contentType };
}

/** What a job has to make, as the library makes it without a job. */
export async function expectedOf({
  export: name,
  parameters,
}: JobMaking): Promise<{ readonly bytes: number; readonly rows: number; readonly sha256: string }> {
  const plan = planExport(await (await openCatalog()).find(name), parameters);
  const run = runExport(plan, { signal: new AbortController().signal });
  const hash = createHash("sha256");
  for await (const chunk of run.lentChunks) hash.update(chunk);
  return { ...run.progress, sha256: hash.digest("hex") };
}

/** Options of a job that nobody cancels. */
export const uncancelled: Parameters<S3Store["make"]>[1] = {
  signal: new AbortController().signal,
  onProgress: () => undefined,
};
