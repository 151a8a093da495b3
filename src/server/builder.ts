/** The process that writes one spool file and ends; started by the primary. */
import { openCatalog } from "../export/catalog.ts";
import { planExport } from "../export/plan.ts";
import { runExport } from "../export/run.ts";
import { StreamCsvError } from "../errors.ts";
import type { BuiltFile } from "../spool/spool.ts";
import { writeSpoolFile } from "../spool/write-spool-file.ts";
import { Link, parentPort, type Notes } from "./process/ipc.ts";
import type { BuilderHostMethods, BuilderMethods, BuildRequest } from "./process/message.ts";

const methods: BuilderMethods = { build };
const host = new Link<BuilderHostMethods, Notes>(parentPort(), methods, {});

// The parent ends this process by closing the channel; a signal to the whole group reaches the parent as well.
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
process.once("disconnect", () => process.exit());

async function build({ source, name, parameters, key, path }: BuildRequest): Promise<BuiltFile> {
  const catalog = await openCatalog({ files: source === null ? [] : [source] });
  const plan = planExport(await catalog.find(name), parameters);
  if (plan.key !== key) {
    throw new StreamCsvError(
      "SCSV_SOURCE_CHANGED",
      `The source of "${name}" has changed since the export was planned.`,
    );
  }
  const { signal } = new AbortController();
  return await writeSpoolFile(runExport(plan, { signal, lendsChunks: true }), path, (bytes) =>
    host.call("reserve", bytes),
  );
}
