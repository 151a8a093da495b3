import type { JobRecord } from "./job.ts";

/** What makes two requests ask for one job: who wants it, which bytes, and under which name. */
export type SamePlan = Pick<JobRecord, "owner" | "key" | "filename">;

/** A text that is equal for requests that share a job. */
export function samePlanKey({ owner, key, filename }: SamePlan): string {
  return JSON.stringify([owner, key, filename]);
}
