import { setTimeout as sleep } from "node:timers/promises";
import { between, pick } from "../pick.ts";
import { fileKinds, fileVersions, type SourceKind, type SourceVersion } from "../subject/source-files.ts";
import type { FaultContext, FaultKind } from "./fault.ts";

/** Source files that change while they are served. */
export const fileFaults: Readonly<Record<string, FaultKind>> = {
  "files replaced": {
    lane: "file",
    async inject(context) {
      for (let times = 0; times < 5; times += 1) {
        const [kind, version] = choose(context);
        context.begin(`the ${kind} file is replaced by its ${version} version`)();
        await context.files.replace(kind, version);
        await sleep(between(context.random, 50, 1000));
      }
    },
  },
  "files rewritten in place": {
    lane: "file",
    async inject(context) {
      for (let times = 0; times < 4; times += 1) {
        const [kind, version] = choose(context);
        context.begin(`the ${kind} file is rewritten in place to its ${version} version`)();
        await context.files.rewrite(kind, version);
        await sleep(between(context.random, 300, 1500));
      }
    },
  },
  "file removed": {
    lane: "file",
    async inject(context) {
      const [kind, version] = choose(context);
      const end = context.begin(`the ${kind} file is removed for a while`);
      await context.files.remove(kind);
      await sleep(between(context.random, 500, 4000));
      await context.files.replace(kind, version);
      end();
    },
  },
};

/** A random kind of file, and a version that it doesn't have now. */
function choose({ random, files }: FaultContext): readonly [SourceKind, SourceVersion] {
  const kind = pick(random, fileKinds);
  const others = fileVersions.filter((version) => version !== files.current(kind));
  return [kind, pick(random, others)];
}
