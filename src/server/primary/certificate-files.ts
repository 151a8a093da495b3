import { readFile, stat } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { Logger } from "pino";
import { StreamCsvError, toError } from "../../errors.ts";
import { fileStamp } from "../../file-stamp.ts";
import { neverRejects } from "../../never-rejects.ts";
import { contextOptions } from "../http/tls-acceptor.ts";
import type { Certificates } from "../shared/certificates.ts";
import type { TlsFiles } from "../shared/settings.ts";

/** How often the files are looked at. Node can't watch a file that is replaced through links, as Kubernetes does it. */
const lookAgainMs = 1000;

/** Certificates as they were read, with their files, and the stamp that these had before. */
export interface ReadCertificates {
  readonly files: TlsFiles;
  readonly certificates: Certificates;
  readonly stamp: string;
}

/**
 * Reads certificates, and makes sure that they can be used.
 * @throws StreamCsvError `SCSV_TLS_UNUSABLE`
 */
export async function readCertificates(files: TlsFiles): Promise<ReadCertificates> {
  const { certFile, keyFile } = files;
  const stamp = await stampOf(files);
  try {
    const [cert, key] = await Promise.all([readFile(certFile, "utf8"), readFile(keyFile, "utf8")]);
    const certificates = { cert, key };
    createSecureContext(contextOptions(certificates));
    return { files, certificates, stamp };
  } catch (cause) {
    const message = `TLS can't use "${certFile}" with "${keyFile}": ${toError(cause).message}.`;
    throw new StreamCsvError("SCSV_TLS_UNUSABLE", message, { cause });
  }
}

/**
 * Reads the files again whenever one of them has changed since they were read. Files that can't be used are logged once and
 * tried again, and what was read before stays, for example while only one of two files is replaced yet.
 * @returns a function that ends it
 */
export function watchCertificates(
  { files, stamp }: ReadCertificates,
  log: Logger,
  onChange: (certificates: Certificates) => void,
): () => void {
  let known = stamp;
  let logged: string | undefined;
  let isLooking = false;
  const look = async (): Promise<void> => {
    const current = await stampOf(files);
    if (current === known) return;
    try {
      const { certificates } = await readCertificates(files);
      known = current;
      onChange(certificates);
      log.info(files, "certificates read again");
    } catch (error) {
      // Tried again at the next look: it may be that only now no descriptor is left, or that the disk doesn't answer.
      if (current !== logged)
        log.error({ err: error }, "certificates couldn't be read again; the earlier ones stay");
      logged = current;
    }
  };
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    neverRejects(look().finally(() => (isLooking = false)));
  }, lookAgainMs).unref();
  return () => clearInterval(timer);
}

/** Changes whenever a file is written to or replaced; a file that is missing has a stamp too. */
async function stampOf({ certFile, keyFile }: TlsFiles): Promise<string> {
  const stamps = [certFile, keyFile].map(async (file) => {
    const stats = await stat(file, { bigint: true }).catch(() => undefined);
    return stats === undefined ? "missing" : fileStamp(stats);
  });
  return (await Promise.all(stamps)).join(" ");
}
