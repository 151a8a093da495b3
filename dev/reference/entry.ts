/** An entry of the package: what its pages and files are called, and where its declarations are. */
export interface Entry {
  /** As a program imports it. */
  readonly specifier: string;
  readonly file: string;
  /** What was built of it, from the repository's root and without an ending. */
  readonly built: string;
  readonly summary: string;
}

/** All entries, the main one first. */
export const entries: readonly Entry[] = [
  {
    specifier: "stream-csv",
    file: "stream-csv",
    built: "dist/src/index",
    summary: "Responses, and rows as CSV.",
  },
  {
    specifier: "stream-csv/server",
    file: "server",
    built: "dist/src/server",
    summary: "The server, to be started by a program.",
  },
  {
    specifier: "stream-csv/bench",
    file: "bench",
    built: "dist/bench/index",
    summary: "The bench, to be run by a program, and the numbers that a Node server gives it.",
  },
];
