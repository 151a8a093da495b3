/** What the peers of a run share; its folder is removed when the run ends. */
export interface Workshop {
  /** A separate folder, readable by servers that drop their privileges. */
  readonly folder: string;
  /** What rows come from: the file of words, as JSON, or the URL of a database. */
  readonly rowsFrom: string;
}

interface AnyPeer {
  readonly name: string;
  /** A short description. */
  readonly stack: string;
  /** Its set-up, as sentences for the page. */
  readonly settings: string;
  /** Debian packages of its runtime; empty if it needs only Node. */
  readonly packages: readonly string[];
  /** The versions of its runtime, or null if a part is missing on this machine. */
  findVersion(signal: AbortSignal): Promise<string | null>;
  /** Runs once before its start, such as compiling. */
  prepare?(workshop: Workshop, signal: AbortSignal): Promise<void>;
  /** Prepares everything for requests of this many rows. */
  provideRows?(workshop: Workshop, rows: number, signal: AbortSignal): Promise<void>;
  /** The command, which runs in the foreground. */
  command(workshop: Workshop): Promise<readonly [string, ...string[]]>;
}

/**
 * A stack that serves rows like ours over HTTP. Its command listens on a free port of the loopback interface, and prints
 * `listening on http://HOST:PORT` to standard output.
 */
export interface ServerPeer extends AnyPeer {
  readonly kind: "server";
  /** Path of its export; `rows=N` is added. Every server also answers `/ping` with a short text. */
  readonly exportPath: string;
  /** Whether the first request makes a file, which is sent from then on: the warm-up then takes all rows. @default false */
  readonly isReadyMade?: boolean;
}

/**
 * A program that writes rows like ours to a file, without HTTP: a yardstick. Its command prints the line `ready`, then
 * does the task it reads from standard input, prints the line `done`, and ends with its input.
 */
export interface ProgramPeer extends AnyPeer {
  readonly kind: "program";
  /** What it reads in order to write this many rows to a file. */
  task(file: string, rows: number): string;
}

/** A stack that is compared with ours. */
export type Peer = ServerPeer | ProgramPeer;

/** The address of this many rows of a server at an origin. */
export function exportUrl({ exportPath }: ServerPeer, origin: string, rows: number): URL {
  const url = new URL(exportPath, origin);
  url.searchParams.set("rows", String(rows));
  return url;
}
