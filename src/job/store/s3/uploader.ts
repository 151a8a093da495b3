/** A process, started by the one that runs jobs, that makes the result of one job, uploads it and then ends. */
import { StreamCsvError } from "../../../errors.ts";
import { findServed } from "../../../export/find-served.ts";
import type { ExportDefinition } from "../../../export/definition.ts";
import { planExport } from "../../../export/plan.ts";
import { runExport } from "../../../export/run.ts";
import { Link } from "../../../ipc/link.ts";
import { parentPort } from "../../../ipc/port.ts";
import type { MakerHostNotes, MakerNotes } from "../../../spool/builder/builder-messages.ts";
import { progressTeller, tellWhile } from "../../../spool/builder/progress-teller.ts";
import { loadS3Sdk } from "./load-sdk.ts";
import { objectHeadOf } from "./object-head.ts";
import { S3Bucket, type PartedUpload } from "./s3-bucket.ts";
import { uploadExport, type UploadTarget } from "./upload-export.ts";
import type { Uploaded, UploaderHostMethods, UploaderMethods, UploadRequest } from "./uploader-messages.ts";

const cancelled = new AbortController();
const methods: UploaderMethods = { upload };
const notes: MakerNotes = {
  cancel: () => cancelled.abort(new StreamCsvError("SCSV_CANCELLED", "The upload was cancelled.")),
};
const host = new Link<UploaderHostMethods, MakerHostNotes>(parentPort(), methods, notes);

// The parent ends this process by closing the channel. A signal to the process group reaches the parent too, which
// decides.
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
process.once("disconnect", () => process.exit());
// The parent has shown the SDK's warnings, such as that it will need a newer Node, and once is enough.
process.removeAllListeners("warning");

async function upload(request: UploadRequest): Promise<Uploaded> {
  const { definition, close } = await findServed(request.job.export, request.sources);
  try {
    return await uploadRows(definition, request);
  } finally {
    // Only then a database has ended the query; this process is killed as soon as it has answered.
    await close();
  }
}

async function uploadRows(
  definition: ExportDefinition,
  { job, bucket: name, address, patience }: UploadRequest,
): Promise<Uploaded> {
  const plan = planExport(definition, job.parameters, { version: job.version });
  // A file's version differs from machine to machine, and what a live export is made of doesn't, such as its SQL.
  if (definition.live !== null && plan.key !== job.key)
    throw new StreamCsvError(
      "SCSV_SOURCE_CHANGED",
      `The export "${job.export}" is configured otherwise here than where the job was submitted.`,
      { hint: "Give all machines the same configuration, and submit the job again." },
    );
  const { signal } = cancelled;
  const bucket = new S3Bucket(await loadS3Sdk(), name, address, patience);
  const run = runExport(plan, { signal, label: job.id });
  const tellProgress = progressTeller((progress) => host.note("progress", progress));
  const tell = (): void => tellProgress(run.progress);
  let begun: PartedUpload | undefined;
  const target: UploadTarget = {
    // Connections that carry nothing time out by themselves.
    putPart: (number, body) =>
      tellWhile(tell, async () => {
        begun ??= await host.call("begin", null);
        return await bucket.putPart(begun, number, body, signal);
      }),
    put: (body, result) =>
      tellWhile(tell, async () => {
        await bucket.put(await host.call("name", result), body, objectHeadOf(job, result), signal);
      }),
    stop: (error) => cancelled.abort(error),
  };
  const uploadAll = (): Promise<Uploaded> => uploadExport(run, target, tell);
  try {
    // A database may give no row for long, as while it sorts. Its statement time-out ends what takes too long, or people do.
    return await (definition.live?.pinsDatabase === true ? tellWhile(tell, uploadAll) : uploadAll());
  } finally {
    bucket.close();
  }
}
