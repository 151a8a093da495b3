/** A process, started by the primary, that writes or checks one spool file and then ends. */
import { findServed } from "../../export/find-served.ts";
import type { ExportDefinition } from "../../export/definition.ts";
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
  BuilderMethods,
  BuildRequest,
  MakerHostNotes,
  MakerNotes,
} from "./builder-messages.ts";
import { progressTeller, tellWhile } from "./progress-teller.ts";

const cancelled = new AbortController();
const tellProgress = progressTeller((progress) => host.note("progress", progress));
const methods: BuilderMethods = { build, digest: (path) => fileDigest(path, tellProgress) };
const notes: MakerNotes = {
  cancel: () => cancelled.abort(new StreamCsvError("SCSV_CANCELLED", "The build was cancelled.")),
};
const host = new Link<BuilderHostMethods, MakerHostNotes>(parentPort(), methods, notes);

// The parent ends this process by closing the channel. A signal to the process group reaches the parent too, which
// decides.
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
process.once("disconnect", () => process.exit());

async function build(request: BuildRequest): Promise<BuiltFile> {
  const { definition, close } = await findServed(request.name, request.sources);
  try {
    return await write(definition, request);
  } finally {
    // Only then a database has ended the query; this process is killed as soon as it has answered.
    await close();
  }
}

async function write(definition: ExportDefinition, request: BuildRequest): Promise<BuiltFile> {
  const { version, name, parameters, key, path, label } = request;
  const plan = planExport(definition, parameters, { version });
  if (plan.key !== key) {
    throw new StreamCsvError(
      "SCSV_SOURCE_CHANGED",
      `The source of "${name}" has changed since the export was planned.`,
    );
  }
  const { signal } = cancelled;
  const room = {
    reserve: (atLeast: number, wanted: number) => host.call("reserve", { atLeast, wanted }),
    freeDisk: () => host.call("freeDisk", null),
  };
  const run = runExport(plan, { signal, label });
  const stop = (error: unknown): void => cancelled.abort(error);
  const tell = (): void => tellProgress(run.progress);
  const writeFile = (): Promise<BuiltFile> => writeSpoolFile(run, path, room, stop, tell);
  // A database may give no row for long, as while it sorts. Its statement time-out ends what takes too long, or people do.
  return await (definition.live?.pinsDatabase === true ? tellWhile(tell, writeFile) : writeFile());
}
