import { open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { between, pick } from "../pick.ts";
import { CannotInject, eventually, type FaultContext, type FaultKind } from "./fault.ts";

/** A disk can't become read-only while a file on it is being written, so this waits for a moment between two files. */
const readOnlyWithinMs = 5000;

/** Faults of the spool's disk and folder. */
export const diskFaults: Readonly<Record<string, FaultKind>> = {
  "spool disk full": {
    lane: "disk",
    async inject(context) {
      requireDisks(context);
      const forMs = between(context.random, 2000, 7000);
      const end = context.begin(`the spool's disk is full for ${(forMs / 1000).toFixed(1)} s`);
      try {
        await context.disks.spool.fill();
        await sleep(forMs);
      } finally {
        await context.disks.spool.empty();
        end();
      }
    },
  },
  "spool disk read-only": {
    lane: "disk",
    async inject(context) {
      requireDisks(context);
      const { spool } = context.disks;
      const isReadOnly = await eventually(
        async () => ((await spool.setReadOnly(true)) ? true : undefined),
        readOnlyWithinMs,
      );
      if (isReadOnly !== true) throw new CannotInject("a file was being written all the time");
      const forMs = between(context.random, 2000, 7000);
      const end = context.begin(`the spool's disk is read-only for ${(forMs / 1000).toFixed(1)} s`);
      await sleep(forMs);
      const isWritable = await spool.setReadOnly(false);
      end();
      if (!isWritable) throw new Error("The spool's disk can't be made writable again.");
    },
  },
  "spool folder removed": {
    lane: "disk",
    async inject({ server, begin }) {
      begin("the spool's folder is removed with everything in it")();
      await rm(server.spoolOutside, { recursive: true, force: true });
    },
  },
  "prepared files removed": {
    lane: "disk",
    async inject({ server, begin }) {
      const names = await prepared(server.spoolOutside);
      begin(`${names.length} prepared files are removed by somebody else`)();
      for (const name of names) await rm(join(server.spoolOutside, name), { force: true });
    },
  },
  "prepared file changed": {
    lane: "disk",
    async inject({ server, begin, random }) {
      const names = await prepared(server.spoolOutside);
      if (names.length === 0) throw new CannotInject("there was no prepared file just then");
      const name = pick(random, names);
      const file = await open(join(server.spoolOutside, name), "r+").catch(() => undefined);
      if (file === undefined) throw new CannotInject("the prepared file went away just then");
      begin(`a byte of the prepared file ${name.slice(0, 12)}… is changed by somebody else`)();
      try {
        const { size } = await file.stat();
        if (size > 0) await file.write("#", Math.floor(random() * size));
      } finally {
        await file.close();
      }
    },
  },
};

/** The spool's text files. */
async function prepared(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".csv"));
}

function requireDisks({ disks }: FaultContext): void {
  if (disks.missing !== undefined) throw new CannotInject(disks.missing);
}
