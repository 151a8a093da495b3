import { portOf } from "../../http/port-of.ts";
import { hasProcFiles } from "../../probe/proc-file.ts";
import { bytesInSocketBuffers } from "../../probe/bytes-in-socket-buffers.ts";
import type { Measured } from "../../result/metric.ts";
import { difference } from "../../session/server/server-memory.ts";
import { serverWork } from "../../session/server/server-work.ts";
import { readWhole, type ServedExport } from "../../session/session.ts";

/** By then the buffers are full. Near the end of the body the receiver may have grown its own. */
const sampleAtBytes = 4 * 1024 ** 2;

/**
 * Reads one whole export at a fixed rate, and measures for how long its slot was held and how many bytes lay in socket
 * buffers when its first 4 MiB were read. The server finishes that many bytes earlier than its client.
 */
export async function measureHold(
  served: ServedExport,
  { bytesPerSecond }: { readonly bytesPerSecond: number },
): Promise<Measured> {
  const { session, server } = served;
  if (server.statsUrl === null) return { slow_held_s_per_export: null };
  const before = await serverWork(server, session.signal);
  let sampling: Promise<number> | undefined;
  const reading = await readWhole(served, {
    bytesPerSecond,
    onRead(bytes) {
      if (!hasProcFiles || bytes < sampleAtBytes) return;
      sampling ??= bytesInSocketBuffers(portOf(new URL(server.origin)));
    },
  });
  const after = await serverWork(server, session.signal);
  return {
    slow_held_s_per_export: difference(after.inside?.heldSeconds ?? null, before.inside?.heldSeconds ?? null),
    slow_first_byte_s: (reading.firstByteMs ?? reading.totalMs) / 1000,
    slow_total_s: reading.totalMs / 1000,
    slow_kernel_bytes: (await sampling) ?? null,
    slow_body_bytes: reading.bodyBytes,
  };
}
