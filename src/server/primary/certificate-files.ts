import { X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { Logger } from "pino";
import { type Clock, systemClock } from "../../clock.ts";
import { StreamCsvError, toError } from "../../errors.ts";
import { fileStamp } from "../../file-stamp.ts";
import { pemFault } from "../../pem.ts";
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
  /** When the server's own certificate, the first one of the chain, is good, in milliseconds since 1970. */
  readonly goodFromMs: number;
  readonly goodUntilMs: number;
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
    requireContents(files, certificates);
    createSecureContext(contextOptions(certificates));
    const { validFrom, validTo } = new X509Certificate(cert);
    return {
      files,
      certificates,
      stamp,
      goodFromMs: Date.parse(validFrom),
      goodUntilMs: Date.parse(validTo),
    };
  } catch (cause) {
    const message = `TLS can't use "${certFile}" with "${keyFile}": ${toError(cause).message}.`;
    throw new StreamCsvError("SCSV_TLS_UNUSABLE", message, { cause });
  }
}

function requireContents({ certFile, keyFile }: TlsFiles, { cert, key }: Certificates): void {
  const faults = [
    [certFile, pemFault(cert, "certificate")],
    [keyFile, pemFault(key, "private key")],
  ] as const;
  const [file, fault] = faults.find(([, each]) => each !== undefined) ?? [];
  if (fault !== undefined) throw new Error(`"${file}" ${fault}`);
}

/**
 * Reads the files again whenever one of them has changed since they were read. Files that can't be used are logged once and
 * tried again, and what was read before stays, for example while only one of two files is replaced yet. A certificate whose time
 * is over, or hasn't come, is used and logged: nothing else says why clients go away.
 * @returns a function that ends it
 */
export function watchCertificates(
  first: ReadCertificates,
  log: Logger,
  onChange: (certificates: Certificates) => void,
  clock: Clock = systemClock,
): () => void {
  const { files } = first;
  let known = first.stamp;
  let read = first;
  let logged: string | undefined;
  let loggedTime: string | undefined;
  let isLooking = false;
  const lookAtClock = (): void => {
    const fault = timeFault(read, clock.wallMs());
    if (fault !== undefined && fault !== loggedTime) log.error({ certFile: files.certFile }, fault);
    loggedTime = fault;
  };
  const look = async (): Promise<void> => {
    lookAtClock();
    const current = await stampOf(files);
    if (current === known) return;
    try {
      read = await readCertificates(files);
      known = current;
      onChange(read.certificates);
      log.info(files, "certificates read again");
    } catch (error) {
      // Tried again at the next look: it may be that only now no descriptor is left, or that the disk doesn't answer.
      if (current !== logged)
        log.error({ err: error }, "certificates couldn't be read again; the earlier ones stay");
      logged = current;
    }
  };
  lookAtClock();
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    neverRejects(look().finally(() => (isLooking = false)));
  }, lookAgainMs).unref();
  return () => clearInterval(timer);
}

/** Why clients refuse a certificate at a moment; undefined if its time is right. */
function timeFault({ goodFromMs, goodUntilMs }: ReadCertificates, wallMs: number): string | undefined {
  const [from, until] = [goodFromMs, goodUntilMs].map((atMs) => new Date(atMs).toISOString());
  if (wallMs >= goodUntilMs) return `the certificate expired at ${until}, so clients refuse it`;
  if (wallMs < goodFromMs)
    return `the certificate isn't good before ${from}, so clients refuse it until then`;
  return undefined;
}

/** Changes whenever a file is written to or replaced; a file that is missing has a stamp too. */
async function stampOf({ certFile, keyFile }: TlsFiles): Promise<string> {
  const stamps = [certFile, keyFile].map(async (file) => {
    const stats = await stat(file, { bigint: true }).catch(() => undefined);
    return stats === undefined ? "missing" : fileStamp(stats);
  });
  return (await Promise.all(stamps)).join(" ");
}
