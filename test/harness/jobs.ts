import assert from "node:assert/strict";
import { askUntil } from "./ask-until.ts";

/** What `GET /jobs/{id}` tells, as tests use it. */
export interface ToldJob {
  readonly id: string;
  readonly export: string;
  readonly token: string | null;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly state: string;
  readonly rows: number;
  readonly bytes: number;
  readonly expectedRows: number | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly expiresAt: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly result: { readonly url: string; readonly sha256: string; readonly rows: number } | null;
}

interface Server {
  readonly url: string;
}

type Headers = Readonly<Record<string, string>>;

/** Submits an export as a job; `path` is its name with a query. */
export async function submit({ url }: Server, path: string, headers: Headers = {}): Promise<ToldJob> {
  const [name = "", query = ""] = path.split("?");
  const response = await fetch(`${url}/exports/${name}/jobs?${query}`, { method: "POST", headers });
  const text = await response.text();
  assert.ok(response.status === 202 || response.status === 200, `${response.status} ${text}`);
  return JSON.parse(text) as ToldJob;
}

/** A job as the server tells of it now. */
export async function jobOf({ url }: Server, id: string, headers: Headers = {}): Promise<ToldJob> {
  return (await (await fetch(`${url}/jobs/${id}`, { headers })).json()) as ToldJob;
}

/** Waits until a job is in a state; by default, until it has ended. */
export async function jobWhen(
  server: Server,
  id: string,
  isSo: (job: ToldJob) => boolean = ({ state }) => state !== "queued" && state !== "running",
  headers: Headers = {},
): Promise<ToldJob> {
  return await askUntil(() => jobOf(server, id, headers), isSo);
}

/** Cancels a job; the status of the answer. */
export async function cancelJob({ url }: Server, id: string, headers: Headers = {}): Promise<number> {
  const response = await fetch(`${url}/jobs/${id}`, { method: "DELETE", headers });
  await response.arrayBuffer();
  return response.status;
}
