/** Where a run keeps what it makes; removed when the run ends. */
export interface Workshop {
  /** A folder of its own, readable to servers that give up their rights. */
  readonly folder: string;
  /** The words that rows are made of, as JSON; see {@link writePool}. */
  readonly poolFile: string;
}

/** A stack that serves rows like those of `orders`, to be measured beside ours. */
export interface Peer {
  readonly name: string;
  /** What serves, in a few words. */
  readonly stack: string;
  /** How it is set up, as sentences for the page. */
  readonly settings: string;
  /** Debian packages that bring its runtime; none when Node is all it needs. */
  readonly packages: readonly string[];
  /** Path of its export; `?rows=N` is added. Every peer answers `/ping` shortly. */
  readonly exportPath: string;
  /** The versions of what it runs on, or null when something of it isn't on this machine. */
  findVersion(signal: AbortSignal): Promise<string | null>;
  /** Does once what must be done before it can be started, such as compiling. */
  prepare?(workshop: Workshop, signal: AbortSignal): Promise<void>;
  /** Makes what must lie ready before so many rows can be asked for. */
  provideRows?(workshop: Workshop, rows: number, signal: AbortSignal): Promise<void>;
  /**
   * The command that serves on a free port of the loopback interface, in the foreground.
   * It prints `listening on http://HOST:PORT` to standard output.
   */
  command(workshop: Workshop): Promise<readonly [string, ...string[]]>;
}

/** The address of so many rows at a peer that listens at an origin. */
export function exportUrl(peer: Peer, origin: string, rows: number): URL {
  return new URL(`${peer.exportPath}?rows=${rows}`, origin);
}
