import type { FaultyS3Report } from "./faulty-s3.ts";

/**
 * How many pairs of uploads of one plan both published a result and ran at the same time. An upload is what an attempt at a
 * job writes; its name begins with the job's id. @param planOf the plan and the owner of each job
 */
export function countOverlaps({ requests }: FaultyS3Report, planOf: ReadonlyMap<string, string>): number {
  const writes = new Set(["BeginUpload", "Copy", "Put", "PutPart", "Complete"]);
  const spans = new Map<string, { plan: string; fromMs: number; toMs: number; hasPublished: boolean }>();
  for (const { action, name, atMs, fault } of requests.filter((request) => writes.has(request.action))) {
    const upload = attemptOf(name);
    const span = spans.get(upload) ?? {
      plan: planOf.get(jobOf(upload)) ?? upload,
      fromMs: atMs,
      toMs: atMs,
      hasPublished: false,
    };
    span.toMs = atMs;
    const isDone = fault === undefined || fault === "lost";
    if (isDone && (action === "Put" || action === "Copy")) span.hasPublished = true;
    spans.set(upload, span);
  }
  const published = [...spans.values()].filter(({ hasPublished }) => hasPublished);
  return published.reduce(
    (count, one, at) =>
      count +
      published.slice(at + 1).filter((other) => {
        return other.plan === one.plan && other.fromMs <= one.toMs && one.fromMs <= other.toMs;
      }).length,
    0,
  );
}

/** Names in the bucket that aren't the result of a job: those of jobs that lost a process, and all others. */
export function leftoversOf(
  { objects, unfinished }: FaultyS3Report,
  results: ReadonlySet<string>,
  interrupted: ReadonlySet<string>,
): { readonly unknown: readonly string[]; readonly explained: readonly string[] } {
  const left = [...objects.map(({ name }) => name).filter((name) => !results.has(name)), ...unfinished];
  const isExplained = (name: string): boolean => interrupted.has(jobOf(attemptOf(name)));
  return { unknown: left.filter((name) => !isExplained(name)), explained: left.filter(isExplained) };
}

/** `ID` or `ID-2`, which is the folder of an attempt. */
function attemptOf(name: string): string {
  return name.split("/")[1] ?? "";
}

function jobOf(attempt: string): string {
  return attempt.slice(0, 36);
}
