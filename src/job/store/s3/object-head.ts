import { formatDisposition } from "../../../response/head/disposition.ts";
import type { JobResult } from "../../job.ts";
import type { StoredJob } from "../../job-store.ts";
import type { ObjectHead } from "./s3-bucket.ts";

/** What is kept with the object of a result; the facts about it are missing while they aren't known. */
export function objectHeadOf(
  { id, filename, contentType }: Pick<StoredJob, "id" | "filename" | "contentType">,
  result?: JobResult,
): ObjectHead {
  return {
    contentType,
    disposition: formatDisposition(filename, true) ?? "attachment",
    metadata: {
      job: id,
      ...(result === undefined
        ? {}
        : {
            sha256: result.sha256,
            rows: String(result.rows),
            "guarded-cells": String(result.guardedCells),
          }),
    },
  };
}
