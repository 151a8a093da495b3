import { setTimeout as sleep } from "node:timers/promises";

/** A job that is completed. */
export interface CompletedJob {
  readonly id: string;
  readonly result: { readonly url: string; readonly bytes: number; readonly sha256: string };
}

/** Submits an export of a server as a job and waits until it is completed. @param path its name and query */
export async function makeJob(origin: string, path: string): Promise<CompletedJob> {
  const [name = "", query = ""] = path.split("?");
  let answer = await fetch(`${origin}/exports/${name}/jobs?${query}`, { method: "POST" });
  for (;;) {
    const job = (await answer.json()) as CompletedJob & { readonly state: string };
    if (job.state === "completed") return job;
    if (job.state !== "queued" && job.state !== "running") throw new Error(JSON.stringify(job));
    await sleep(100);
    answer = await fetch(`${origin}/jobs/${job.id}`);
  }
}
