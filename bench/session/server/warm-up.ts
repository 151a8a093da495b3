import { noticeForks } from "./server-memory.ts";
import { readWhole, type ServedExport } from "../session.ts";

const mostRows = 20_000;

/**
 * The fixed warm-up of a fresh server: one export of the same delivery and the same rows, but at most 20,000, so that
 * code is compiled and lasting memory is allocated before anything is timed. A `file` export is made whole, so that its
 * file is prepared outside of the timing, as it is for every client but the first.
 * @param forNewJob whether a job that is measured next has to be made anew, which one for the same rows wouldn't be
 */
export async function warmUp(served: ServedExport, forNewJob = false): Promise<void> {
  const { request, server } = served;
  const isKept = request.delivery === "file" || (request.delivery === "job" && !forNewJob);
  const rows = isKept ? request.rows : Math.min(request.rows - (forNewJob ? 1 : 0), mostRows);
  await noticeForks(server, () => readWhole({ ...served, request: { ...request, rows } }));
}
