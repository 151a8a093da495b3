import { StreamCsvError } from "./errors.ts";

/** The programs of this package that run in a process or thread of their own, by their names in `imports` of package.json. */
export type OwnProgram = "#builder" | "#sqlite-parent-watch" | "#sqlite-reader" | "#uploader" | "#worker";

/**
 * The address of a program of this package.
 *
 * A bundle has the code that starts a program, but not the program. Therefore the name is resolved here alone: where it stands as a
 * literal, webpack copies the program's file without what it imports, and its minifier refuses the `await` at its top.
 * @throws StreamCsvError `SCSV_WORKER_FAILED` in a bundle
 */
export function ownProgram(name: OwnProgram): string {
  try {
    return import.meta.resolve(name);
  } catch (cause) {
    throw new StreamCsvError(
      "SCSV_WORKER_FAILED",
      `The program "${name}" of stream-csv can't be started: a bundler has put the library into a bundle, and left its programs behind.`,
      {
        cause,
        hint: "Declare stream-csv external in the bundler's configuration, and install it beside the bundle.",
      },
    );
  }
}
