import type { ExportDefinition } from "./definition.ts";
import type { ExportGroup } from "./export-group.ts";

/** A group with one export, whose name the configuration gives. It holds nothing of its own between readings. */
export abstract class ConfiguredExport implements ExportGroup {
  readonly title: string;
  readonly renaming = "another name in the configuration";
  readonly lastNames: readonly string[];

  /** @param kind what it is for messages, such as `query` */
  constructor(kind: string, name: string) {
    this.title = `the ${kind} ${JSON.stringify(name)}`;
    this.lastNames = [name];
  }

  mayHave(name: string): boolean {
    return this.lastNames.includes(name);
  }

  async current(): Promise<ReadonlyMap<string, ExportDefinition>> {
    const definition = await this.define();
    return new Map([[definition.name, definition]]);
  }

  close(): Promise<void> {
    // Readings end by their signals; a database or a module belongs to all exports that use it.
    return Promise.resolve();
  }

  /** The export as it is now. @throws what opening or describing its source throws */
  protected abstract define(): Promise<ExportDefinition>;
}
