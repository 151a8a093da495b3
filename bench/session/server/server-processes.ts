import { canSampleProcesses, processTree } from "../../probe/process-tree.ts";
import type { RunningTarget } from "../../subject/target.ts";

/** The processes whose descendants make up a server; null where they aren't known, or can't be looked at. */
export function rootsOf({
  pid,
  members = [],
}: Pick<RunningTarget, "pid" | "members">): readonly number[] | null {
  return canSampleProcesses && pid !== null ? [pid, ...members] : null;
}

/** The processes of a server now, those that were started first in front; null as with {@link rootsOf}. */
export async function processesOf(
  server: Pick<RunningTarget, "pid" | "members">,
): Promise<readonly number[] | null> {
  const roots = rootsOf(server);
  return roots === null ? null : await processTree(...roots);
}
