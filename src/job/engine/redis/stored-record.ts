import type { JobFault, JobRecord, JobRequest, JobResult, JobState } from "../../job.ts";

/** A record, and what only the engine needs. */
export interface StoredRecord {
  readonly job: JobRecord;
  /** Of the run that is in progress, or was the last; 0 before the first. */
  readonly attempt: number;
  /** What was stored of it, also after the result has expired. */
  readonly result: JobResult | null;
}

/** The request of a record as text. */
export function requestText(request: JobRequest): string {
  const { export: name, parameters, version, key, owner, filename, contentType, expectedRows } = request;
  return JSON.stringify({
    export: name,
    parameters,
    version,
    key,
    owner,
    filename,
    contentType,
    expectedRows,
  });
}

/** Reads a record that a script answers as names and values in turn; undefined when there is none. */
export function parseRecord(flat: readonly string[]): StoredRecord | undefined {
  if (flat.length === 0) return undefined;
  const fields = new Map<string, string>();
  for (let at = 0; at + 1 < flat.length; at += 2) fields.set(flat[at]!, flat[at + 1]!);
  const text = (name: string): string => fields.get(name) ?? "";
  const state = text("state") as JobState;
  const attempt = Number(text("attempt"));
  const result = parsed(text("result")) as JobResult | null;
  const job: JobRecord = {
    ...(JSON.parse(text("request")) as JobRequest),
    id: text("id"),
    ...(attempt > 1 ? { attempt } : {}),
    state,
    rows: Number(text("rows")),
    bytes: Number(text("bytes")),
    createdAt: time(text("createdAt")) ?? "",
    startedAt: time(text("startedAt")),
    endedAt: time(text("endedAt")),
    expiresAt: time(text("expiresAt")),
    error: parsed(text("error")) as JobFault | null,
    result: state === "completed" ? result : null,
  };
  return { job, attempt, result };
}

function parsed(text: string): unknown {
  return text === "" ? null : JSON.parse(text);
}

function time(text: string): string | null {
  return text === "" ? null : new Date(Number(text)).toISOString();
}
