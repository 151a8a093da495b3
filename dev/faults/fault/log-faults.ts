import { setTimeout as sleep } from "node:timers/promises";
import { between } from "../pick.ts";
import { CannotInject, type FaultContext, type FaultKind } from "./fault.ts";

/** Failures of the log's reader; pipes and files fail in different ways. */
export const logFaults: Readonly<Record<string, FaultKind>> = {
  "log reader stopped": {
    lane: "log",
    async inject(context) {
      requirePipe(context);
      const forMs = between(context.random, 4000, 10_000);
      const end = trouble(context, forMs, "the log's reader stops reading");
      context.server.log?.setReading(false);
      await sleep(forMs);
      context.server.log?.setReading(true);
      end();
    },
  },
  "log pipe closed": {
    lane: "log",
    async inject(context) {
      requirePipe(context);
      const forMs = between(context.random, 500, 5000);
      const end = trouble(context, forMs, "the log's pipe is closed");
      const { log } = context.server;
      log?.setOpen(false);
      await sleep(forMs);
      // Another server has its own pipe.
      if (context.server.log === log) log?.setOpen(true);
      end();
    },
  },
  "log disk full": {
    lane: "log",
    async inject(context) {
      const { disks, server } = context;
      if (disks.missing !== undefined) throw new CannotInject(disks.missing);
      if (server.logDestination !== "file") throw new CannotInject("the log went into a pipe just then");
      const forMs = between(context.random, 3000, 8000);
      const end = trouble(context, forMs, "the log's disk is full");
      try {
        await disks.log.fill();
        await sleep(forMs);
      } finally {
        await disks.log.empty();
        end();
      }
    },
  },
};

function trouble({ begin, server }: FaultContext, forMs: number, sentence: string): () => void {
  const end = begin(`${sentence} for ${(forMs / 1000).toFixed(1)} s`);
  server.lines.allowTorn(forMs);
  return () => {
    server.lines.allowTorn(0);
    end();
  };
}

function requirePipe({ server }: FaultContext): void {
  if (server.logDestination !== "pipe") throw new CannotInject("the log went into a file just then");
}
