import type { ExportDefinition } from "./definition.ts";

/** Exports that are opened together: all those of a file, or the one of a query or of a program's rows. */
export interface ExportGroup {
  /** What it is for messages, such as `"flights.parquet"` or `the query "invoices"`. */
  readonly title: string;
  /** What gives its exports another name, as the end of a sentence. */
  readonly renaming: string;
  /** The names its exports had when it was last described; its own name alone when it never was. */
  readonly lastNames: readonly string[];
  /** Whether an export of this name could be one of the group's. */
  mayHave(name: string): boolean;
  /**
   * The exports by name, as they are now.
   * @throws what opening or describing the source throws
   */
  current(): Promise<ReadonlyMap<string, ExportDefinition>>;
  /** Closes what the group holds; readings under way are aborted. */
  close(): Promise<void>;
}
