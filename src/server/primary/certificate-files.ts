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

/**
 * Reads certificates, and makes sure that they can be used.
 * @throws StreamCsvError `SCSV_TLS_UNUSABLE`
 */
export async function readCertificates({ certFile, keyFile }: TlsFiles): Promise<Certificates> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile, "utf8"), readFile(keyFile, "utf8")]);
    const certificates = { cert, key };
    createSecureContext(contextOptions(certificates));
    return certificates;
  } catch (cause) {
    const message = `TLS can't use "${certFile}" with "${keyFile}": ${toError(cause).message}.`;
    throw new StreamCsvError("SCSV_TLS_UNUSABLE", message, { cause });
  }
}

/**
 * Reads the files again whenever one of them has changed. Files that can't be used are logged, and what was read before
 * stays, for example while only one of two files is replaced yet.
 * @returns a function that ends it
 */
export function watchCertificates(
  files: TlsFiles,
  log: Logger,
  onChange: (certificates: Certificates) => void,
): () => void {
  let read = stampOf(files);
  let isLooking = false;
  const look = async (): Promise<void> => {
    const stamp = await stampOf(files);
    if (stamp === (await read)) return;
    read = Promise.resolve(stamp);
    try {
      onChange(await readCertificates(files));
      log.info(files, "certificates read again");
    } catch (error) {
      log.error({ err: error }, "certificates couldn't be read again; the earlier ones stay");
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
