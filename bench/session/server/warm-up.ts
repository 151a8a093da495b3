import { readWhole, type ServedExport } from "../session.ts";

const mostRows = 20_000;

/**
 * The fixed warm-up of a fresh server: one export of the same delivery and the same rows, but at most 20,000, so that
 * code is compiled and lasting memory is allocated before anything is timed. A `file` export is made whole, so that its
 * file is prepared outside of the timing, as it is for every client but the first.
 */
export async function warmUp(served: ServedExport): Promise<void> {
  const { request } = served;
  const rows = request.delivery === "file" ? request.rows : Math.min(request.rows, mostRows);
  await readWhole({ ...served, request: { ...request, rows } });
}
