/** A process, started by the primary, that writes or checks one spool file and then ends. */
import { openCatalog } from "../../export/catalog.ts";
import { planExport } from "../../export/plan.ts";
import { runExport } from "../../export/run.ts";
import { StreamCsvError } from "../../errors.ts";
import { fileDigest } from "./file-digest.ts";
import type { BuiltFile } from "../spool-file.ts";
import { writeSpoolFile } from "./write-spool-file.ts";
import { Link } from "../../ipc/link.ts";
import { parentPort } from "../../ipc/port.ts";
import type {
  BuilderHostMethods,
  BuilderHostNotes,
  BuilderMethods,
  BuildRequest,
} from "./builder-messages.ts";

const methods: BuilderMethods = { build, digest: (path) => fileDigest(path, tellProgress) };
const host = new Link<BuilderHostMethods, BuilderHostNotes>(parentPort(), methods, {});

// The parent ends this process by closing the channel. A signal to the process group reaches the parent too, which
// decides.
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
process.once("disconnect", () => process.exit());

async function build({ source, version, name, parameters, key, path }: BuildRequest): Promise<BuiltFile> {
  const catalog = await openCatalog({ sources: source === null ? [] : [source] });
  const plan = planExport(await catalog.find(name), parameters, { version });
  if (plan.key !== key) {
    throw new StreamCsvError(
      "SCSV_SOURCE_CHANGED",
      `The source of "${name}" has changed since the export was planned.`,
    );
  }
  const { signal } = new AbortController();
  const room = {
    reserve: (atLeast: number, wanted: number) => host.call("reserve", { atLeast, wanted }),
    freeDisk: () => host.call("freeDisk", null),
  };
  return await writeSpoolFile(runExport(plan, { signal }), path, room, tellProgress);
}

const progressIntervalMs = 1000;
let toldAtMs = Number.NEGATIVE_INFINITY;

/** The primary kills this process if it reports no progress for minutes. */
function tellProgress(): void {
  const nowMs = performance.now();
  if (nowMs - toldAtMs < progressIntervalMs) return;
  toldAtMs = nowMs;
  host.note("progress", null);
}
