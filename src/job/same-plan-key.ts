import type { JobRecord } from "./job.ts";

/** What makes two requests ask for one job: who wants it, and which bytes. */
export type SamePlan = Pick<JobRecord, "owner" | "key">;

/** A text that is equal for requests that share a job. */
export function samePlanKey({ owner, key }: SamePlan): string {
  return JSON.stringify([owner, key]);
}
