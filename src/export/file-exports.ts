import { StreamCsvError } from "../errors.ts";
import { fileStem, openSources, sourceVersion } from "../source/open-source.ts";
import type { Source } from "../source/source.ts";
import type { ExportDefinition } from "./definition.ts";
import type { ExportGroup } from "./export-group.ts";
import type { ServedFile } from "./served-source.ts";
import { FileState } from "./file-state.ts";

/** How often a file that changes while it is described is described again before the request fails. */
const mostAttempts = 3;

/**
 * The exports of one file in its current state. The first call after a change describes the file again. Columns, types, rows
 * and version belong to one state of the file, so that no reading mixes two states.
 *
 * If a file can't be read, only requests for its exports fail. The file is examined again when it has changed.
 */
export class FileExports implements ExportGroup {
  readonly file: ServedFile;
  /** What its exports are called, or what the names of its tables begin with. */
  readonly name: string;
  #state: FileState | undefined;
  readonly #retired = new Set<FileState>();
  /** Why the file, in this version, can't be read. */
  #fault: { readonly version: string; readonly error: StreamCsvError } | undefined;
  #opening: Promise<FileState> | undefined;

  constructor(file: ServedFile) {
    this.file = file;
    this.name = file.name ?? fileStem(file.path);
  }

  get title(): string {
    return JSON.stringify(this.file.path);
  }

  get renaming(): string {
    return `another name: NAME=${this.file.path}`;
  }

  /** The names its exports had when it was last described; its own name alone when it never was. */
  get lastNames(): readonly string[] {
    return this.#state === undefined ? [this.name] : [...this.#state.exports.keys()];
  }

  /** Whether an export of this name could be one of the file's. */
  mayHave(name: string): boolean {
    return name === this.name || name.startsWith(`${this.name}.`);
  }

  /**
   * The exports by name.
   * @throws StreamCsvError what opening the file throws; `SCSV_SOURCE_CHANGED` when it changes faster than it is described
   */
  async current(): Promise<ReadonlyMap<string, ExportDefinition>> {
    const version = await sourceVersion(this.file.path);
    if (this.#state?.version === version) return this.#state.exports;
    if (this.#fault?.version === version) throw this.#fault.error;
    this.#opening ??= this.#open(version).finally(() => {
      this.#opening = undefined;
    });
    return (await this.#opening).exports;
  }

  /** Closes the file's sources; readings under way are aborted. */
  async close(): Promise<void> {
    // A file that is being opened is closed afterwards. The callers that wait for it get the error.
    await Promise.allSettled([this.#opening]);
    const states = [...this.#retired, ...(this.#state === undefined ? [] : [this.#state])];
    await Promise.all(states.map((state) => state.close()));
  }

  async #open(version: string): Promise<FileState> {
    const sources = await this.#describe(version);
    const state = new FileState(sources[0]?.version ?? version, sources, this.file, (source) =>
      this.#nameOf(source),
    );
    const before = this.#state;
    this.#state = state;
    if (before !== undefined) {
      this.#retired.add(before);
      before.retire().then(
        () => this.#retired.delete(before),
        () => undefined, // A fault of closing stays with the state: `close` tells of it.
      );
    }
    return state;
  }

  async #describe(version: string): Promise<readonly Source[]> {
    const { path, name: _name, description: _description, deliveries: _deliveries, ...options } = this.file;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await openSources(path, options);
      } catch (error) {
        if (!(error instanceof StreamCsvError)) throw error;
        if (error.code === "SCSV_SOURCE_CHANGED" && attempt < mostAttempts) continue;
        // A fault of the bytes lasts until they change. Any other fault may pass, as the folder's may while the file stays the same.
        const isOfBytes = error.code === "SCSV_SOURCE_UNREADABLE" && error.retryAfterSeconds === undefined;
        if (isOfBytes) this.#fault = { version, error };
        throw error;
      }
    }
  }

  #nameOf(source: Source): string {
    return this.name + source.name.slice(fileStem(this.file.path).length);
  }
}
