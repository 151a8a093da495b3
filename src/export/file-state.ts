import type { Batch } from "../csv/batch.ts";
import { StreamCsvError } from "../errors.ts";
import type { ReadOptions, Source } from "../source/source.ts";
import { fileExport, type ExportDefinition } from "./definition.ts";
import type { ServedFile } from "./served-source.ts";

/**
 * The exports of a file in one state of the file. When the file changes, the state is retired: it continues to serve the
 * readings that have begun, and is closed after the last one.
 */
export class FileState {
  readonly version: string;
  readonly exports: ReadonlyMap<string, ExportDefinition>;
  readonly #sources: readonly Source[];
  #readings = 0;
  #isRetired = false;
  #closing: Promise<void> | undefined;

  /** `nameOf` is what the export of a source is called. */
  constructor(
    version: string,
    sources: readonly Source[],
    file: ServedFile,
    nameOf: (source: Source) => string,
  ) {
    this.version = version;
    this.#sources = sources;
    this.exports = new Map(
      sources.map((source) => [nameOf(source), fileExport(this.#counted(source), file, nameOf(source))]),
    );
  }

  /** Lets readings end, and closes the sources after the last. */
  async retire(): Promise<void> {
    this.#isRetired = true;
    if (this.#readings === 0) await this.close();
  }

  /** Closes the sources; readings under way are aborted. */
  close(): Promise<void> {
    this.#closing ??= Promise.all(this.#sources.map((source) => source.close())).then(() => undefined);
    return this.#closing;
  }

  #counted(source: Source): Source {
    return {
      name: source.name,
      kind: source.kind,
      columns: source.columns,
      rowCount: source.rowCount,
      version: source.version,
      read: (options) => this.#read(source, options),
      close: () => source.close(),
    };
  }

  async *#read(source: Source, options: ReadOptions): AsyncGenerator<Batch, void, undefined> {
    // A plan may have waited for a slot while the file was replaced.
    if (this.#closing !== undefined)
      throw new StreamCsvError(
        "SCSV_SOURCE_CHANGED",
        `The file of ${JSON.stringify(source.name)} has changed since the export was planned.`,
      );
    this.#readings += 1;
    try {
      yield* source.read(options);
    } finally {
      this.#readings -= 1;
      // The rows are complete even if closing fails; the final `close()` reports the error.
      if (this.#isRetired && this.#readings === 0) this.close().catch(() => undefined);
    }
  }
}
