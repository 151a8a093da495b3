import type { ExportParameters } from "../../../export/parameters.ts";
import { hasEnded, type JobRecord } from "../../../job/job.ts";

/** A job as JSON has it. Its plan's key and the version of its rows are nobody else's business. */
export function describeJob(job: JobRecord): object {
  const { id, state, rows, bytes, expectedRows, createdAt, startedAt, endedAt, expiresAt, error } = job;
  return {
    id,
    export: job.export,
    token: job.owner,
    parameters: describeParameters(job.parameters),
    state,
    rows,
    bytes,
    expectedRows,
    createdAt,
    startedAt,
    endedAt,
    expiresAt,
    error,
    result: describeResult(job),
  };
}

function describeResult({ id, result, filename }: JobRecord): object | null {
  return result === null ? null : { url: `/jobs/${id}.csv`, filename, ...result };
}

/** The parameters that were given, as in a query. */
function describeParameters(parameters: ExportParameters): object {
  const { rows, seed, columns, filename, dialect, dialectOptions, values } = parameters;
  const given = Object.entries({ rows, seed, columns, filename }).filter(([, value]) => value !== null);
  return { ...values, ...Object.fromEntries(given), dialect, ...dialectOptions };
}

const longestWaitSeconds = 30;

/** After how many seconds to ask for an unfinished job again; null for one that has ended. */
export function retryAfterSeconds(job: JobRecord, wallMs: number): number | null {
  if (hasEnded(job)) return null;
  const { rows, expectedRows, startedAt } = job;
  if (startedAt === null || rows === 0) return 1;
  const runSeconds = (wallMs - Date.parse(startedAt)) / 1000;
  // Where nobody knows how many rows there will be, less and less often.
  const left = expectedRows === null ? runSeconds / 2 : (runSeconds / rows) * (expectedRows - rows);
  return Math.max(1, Math.min(longestWaitSeconds, Math.ceil(left)));
}
