import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type ExtractorMessage,
} from "@microsoft/api-extractor";
import type { Entry } from "./entry.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** An exported thing or a member of one, as API Extractor's model has it. */
export interface Item {
  readonly kind: string;
  /** Absent for a constructor. */
  readonly name?: string;
  /** A comment between its marks; empty where there is none. */
  readonly docComment?: string;
  readonly excerptTokens: readonly { readonly text: string }[];
  readonly isStatic?: boolean;
  readonly isProtected?: boolean;
  readonly members?: readonly Item[];
}

/** What an entry exports. */
export interface Surface {
  /** All names and signatures as one text, for a golden file. */
  readonly report: string;
  readonly items: readonly Item[];
  /** Names of what is there at run time; the others are types. */
  readonly values: ReadonlySet<string>;
  /** What signatures name and the entry doesn't export. */
  readonly unexported: readonly string[];
}

/** Reads the built declarations of an entry, as a user's compiler would. */
export async function extractSurface(entry: Entry): Promise<Surface> {
  const folder = mkdtempSync(join(tmpdir(), "stream-csv-api-"));
  try {
    const unexported: string[] = [];
    const config = configOf(entry, folder);
    Extractor.invoke(config, {
      localBuild: true,
      messageCallback: (message) => {
        message.handled = true;
        unexported.push(...unexportedIn(message));
      },
    });
    const model = JSON.parse(readFileSync(config.apiJsonFilePath, "utf8")) as Item;
    const built = (await import(pathToFileURL(join(root, `${entry.built}.js`)).href)) as object;
    return {
      values: new Set(Object.keys(built)),
      report: readFileSync(config.reportFilePath, "utf8"),
      items: model.members?.[0]?.members ?? [],
      unexported: unexported.toSorted(),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function configOf(entry: Entry, folder: string): ExtractorConfig {
  const declarations = join(root, `${entry.built}.d.ts`);
  return ExtractorConfig.prepare({
    configObjectFullPath: join(root, "api-extractor.json"),
    packageJsonFullPath: join(root, "package.json"),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: declarations,
      newlineKind: "lf",
      compiler: {
        // Its own compiler is older than ours, and shouldn't read our settings.
        overrideTsconfig: {
          compilerOptions: {
            module: "nodenext",
            target: "es2022",
            lib: ["es2022", "esnext.disposable"],
            types: ["node"],
            strict: true,
          },
          include: [declarations],
        },
      },
      apiReport: {
        enabled: true,
        includeForgottenExports: true,
        reportFileName: "report.api.md",
        reportFolder: folder,
        reportTempFolder: folder,
      },
      docModel: { enabled: true, apiJsonFilePath: join(folder, "model.api.json") },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        extractorMessageReporting: { "ae-forgotten-export": { logLevel: ExtractorLogLevel.Warning } },
      },
    },
  });
}

function unexportedIn({ messageId, text }: ExtractorMessage): readonly string[] {
  const [, name] = /^The symbol "([^"]+)"/.exec(text) ?? [];
  return messageId === "ae-forgotten-export" && name !== undefined ? [name] : [];
}
