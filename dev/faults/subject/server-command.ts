import type { SourceFiles } from "./source-files.ts";

/** The server's flags, with small limits, so that every limit is reached. */
export const limits = {
  workers: 3,
  slots: 4,
  queueTimeoutMs: 3000,
  headerTimeoutMs: 4000,
  drainTimeoutMs: 5000,
  descriptors: 256,
  bufferMiB: 24,
  spoolMiB: 16,
} as const;

/** The command that starts the server, with its arguments. */
export function serverCommand(
  { program, files }: { readonly program: string; readonly files: SourceFiles },
  port: number,
  spoolFolder: string,
): readonly string[] {
  const flags: Readonly<Record<string, string | number>> = {
    "--port": port,
    "--workers": limits.workers,
    "--slots": limits.slots,
    "--queue": 8,
    "--queue-timeout": `${limits.queueTimeoutMs}ms`,
    "--header-timeout": `${limits.headerTimeoutMs}ms`,
    "--drain-timeout": `${limits.drainTimeoutMs}ms`,
    "--buffer-memory": `${limits.bufferMiB}MiB`,
    "--spool-size": `${limits.spoolMiB}MiB`,
    "--spool-dir": spoolFolder,
    "--log-format": "json",
    "--config": files.configuration,
  };
  const options = Object.entries(flags).flatMap(([name, value]) => [name, String(value)]);
  // A file may be missing while the server is started again.
  return [
    process.execPath,
    program,
    "serve",
    ...options,
    "--generated",
    "--skip-unreadable",
    ...files.served,
  ];
}
