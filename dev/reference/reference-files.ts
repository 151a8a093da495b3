import { entries, type Entry } from "./entry.ts";
import { extractSurface, type Surface } from "./extract.ts";
import { renderPage } from "./page.ts";

/** An entry, what it exports, and the files made of that. */
export interface EntryReference {
  readonly entry: Entry;
  readonly surface: Surface;
  /** Paths from the repository's root. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

/** The reference page and the golden declarations of every entry, as they should be now. */
export async function referenceFiles(): Promise<readonly EntryReference[]> {
  const references: EntryReference[] = [];
  for (const entry of entries) {
    const surface = await extractSurface(entry);
    references.push({
      entry,
      surface,
      files: [
        { path: `docs/reference/api/${entry.file}.md`, text: renderPage(entry, surface) },
        { path: `fixtures/api/${entry.file}.api.md`, text: surface.report },
      ],
    });
  }
  return references;
}
