/** The process that writes or checks one spool file and ends; started by the primary. */
import { findExport, openCatalogue } from "../export/definition.ts";
import { planExport } from "../export/plan.ts";
import { runExport } from "../export/run.ts";
import { StreamCsvError } from "../errors.ts";
import { fileDigest } from "../spool/file-digest.ts";
import type { BuiltFile } from "../spool/spool-file.ts";
import { writeSpoolFile } from "../spool/write-spool-file.ts";
import { Link, parentPort, type Notes } from "./process/ipc.ts";
import type { BuilderHostMethods, BuilderMethods, BuildRequest } from "./process/message.ts";

const methods: BuilderMethods = { build, digest: fileDigest };
const host = new Link<BuilderHostMethods, Notes>(parentPort(), methods, {});

// The parent ends this process by closing the channel; a signal to the whole group reaches the parent as well.
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
process.once("disconnect", () => process.exit());

async function build({ source, name, parameters, key, path }: BuildRequest): Promise<BuiltFile> {
  const catalogue = await openCatalogue(source === null ? [] : [source]);
  const plan = planExport(findExport(catalogue, name), parameters);
  if (plan.key !== key) {
    throw new StreamCsvError(
      "SCSV_SOURCE_UNREADABLE",
      `The source of "${name}" has changed since the server opened it; restart the server.`,
    );
  }
  const { signal } = new AbortController();
  return await writeSpoolFile(runExport(plan, { signal, lendsChunks: true }), path, {
    reserve: (atLeast, wanted) => host.call("reserve", { atLeast, wanted }),
    freeDisk: () => host.call("freeDisk", null),
  });
}
