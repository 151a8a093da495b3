import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { isCodedError, StreamCsvError } from "../../../errors.ts";
import type { ExportParameters } from "../../../export/parameters.ts";
import type { ExportPlan } from "../../../export/plan.ts";
import { fileStamp } from "../../../file-stamp.ts";
import { spoolFault } from "../../../spool/spool-fault.ts";
import type { SpoolFile } from "../../../spool/spool-file.ts";
import { abortable } from "../../../async/abortable.ts";
import type { Link } from "../../../ipc/link.ts";
import type { RequestedFile } from "../../../spool/spool-request.ts";
import type { PrimaryMethods, PrimaryNotes } from "../../protocol/messages.ts";
import type { Transfer } from "./transfer.ts";

/** The file to open, and the transfer it is for. */
interface FileWish {
  readonly plan: ExportPlan;
  readonly parameters: ExportParameters;
  readonly transfer: Transfer;
  readonly primary: Link<PrimaryMethods, PrimaryNotes>;
}

/** An open prepared file whose bytes match its recorded digest. */
interface OpenSpoolFile {
  readonly file: SpoolFile;
  readonly handle: FileHandle;
  /** Since when the request has this text; null where that can't be said. */
  readonly sinceMs: number | null;
  /** Releases the lease of the file. */
  readonly giveBack: () => void;
}

/** How often a file may be removed or changed between its lease and its opening. */
const mostTries = 3;

/**
 * Leases the file of an export from the primary, which builds it if necessary, and opens it. The opened file is
 * compared with the primary's record. If it was replaced or written to meanwhile, it is leased again, and so checked
 * or rebuilt.
 */
export async function openSpoolFile(wish: FileWish): Promise<OpenSpoolFile> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const { lease, sinceMs, ...file } = await leaseFile(wish);
    const giveBack = (): void => wish.primary.note("releaseSpoolFile", lease);
    const handle = await openLeasedFile(file, giveBack);
    if (handle !== undefined) return { file, handle, sinceMs, giveBack };
  }
  const message = "Another program removed or changed a prepared file each time it was opened.";
  throw new StreamCsvError("SCSV_SPOOL_UNUSABLE", message);
}

/**
 * Opens a leased file. The lease is given back unless that is the file.
 * @returns undefined if it was replaced or written to since it was leased
 * @throws StreamCsvError made by `spoolFault`
 */
export async function openLeasedFile(file: SpoolFile, giveBack: () => void): Promise<FileHandle | undefined> {
  try {
    const handle = await openUnchanged(file);
    if (handle === undefined) giveBack();
    return handle;
  } catch (error) {
    giveBack();
    throw spoolFault(error);
  }
}

/** Opens a file if it is the leased one; never follows a link. */
async function openUnchanged({ path, stamp }: SpoolFile): Promise<FileHandle | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(path, flags).catch((error: unknown) => {
    if (isCodedError(error) && ["ENOENT", "ENOTDIR", "ELOOP"].includes(error.code)) return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  try {
    if (fileStamp(await handle.stat({ bigint: true })) === stamp) return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

/** Waits for the file as long as the client does; the lease of a late file is released. */
async function leaseFile({ plan, parameters, transfer, primary }: FileWish): Promise<RequestedFile> {
  const { signal } = transfer;
  const request = {
    transfer: transfer.id,
    name: plan.name,
    sources: plan.served === null ? [] : [plan.served],
    version: plan.version,
    parameters: { ...parameters, encoder: plan.encoder },
    key: plan.key,
  };
  const leased = primary.call("acquireSpoolFile", request);
  try {
    return await abortable(leased, signal);
  } catch (error) {
    void leased.then(
      ({ lease }) => primary.note("releaseSpoolFile", lease),
      () => undefined, // The same error as above, or one of a lease that is no longer needed.
    );
    throw error;
  }
}
