/** The folder of a run, removed when the run ends. */
export interface Workshop {
  /** A separate folder, readable by servers that drop their privileges. */
  readonly folder: string;
  /** The file of words that rows are made of, as JSON; see {@link writePool}. */
  readonly poolFile: string;
}

/** A stack that serves rows like those of `orders`, to be compared with ours. */
export interface Peer {
  readonly name: string;
  /** A short description. */
  readonly stack: string;
  /** Its set-up, as sentences for the page. */
  readonly settings: string;
  /** Debian packages of its runtime; empty if it needs only Node. */
  readonly packages: readonly string[];
  /** Path of its export; `?rows=N` is added. Every peer also answers `/ping` with a short text. */
  readonly exportPath: string;
  /** The versions of its runtime, or null if a part is missing on this machine. */
  findVersion(signal: AbortSignal): Promise<string | null>;
  /** Runs once before its start, such as compiling. */
  prepare?(workshop: Workshop, signal: AbortSignal): Promise<void>;
  /** Prepares everything for requests of this many rows. */
  provideRows?(workshop: Workshop, rows: number, signal: AbortSignal): Promise<void>;
  /**
   * The command of the server, which runs in the foreground on a free port of the loopback interface. It prints
   * `listening on http://HOST:PORT` to standard output.
   */
  command(workshop: Workshop): Promise<readonly [string, ...string[]]>;
}

/** The address of this many rows of a peer at an origin. */
export function exportUrl(peer: Peer, origin: string, rows: number): URL {
  return new URL(`${peer.exportPath}?rows=${rows}`, origin);
}
