import { setTimeout as sleep } from "node:timers/promises";
import { LoadConnection, longestSilenceMs } from "../load-connection.ts";
import { between, pick } from "../pick.ts";
import { isAlive, signalProcess } from "../subject/proc.ts";
import { limits } from "../subject/server-command.ts";
import { CannotInject, eventually, type FaultContext, type FaultKind } from "./fault.ts";

/** A builder runs only for a moment, so this waits for one. */
const builderWithinMs = 5000;
/** Long enough that a client still waits for the file after its builder was stopped for a moment. */
const askerStaysMs = 5000;
/** Longer than `--queue-timeout`, after which an export without a slot is refused. */
const refusedWithinMs = limits.queueTimeoutMs + 2000;
/** A stop so long that only the liveness watch ends it before clients give up. */
const longStopMs = longestSilenceMs + 10_000;

/** Processes that are killed and stopped; only this program replaces the primary. */
export const processFaults: Readonly<Record<string, FaultKind>> = {
  "worker killed": {
    lane: "process",
    async inject(context) {
      const pid = pick(context.random, await workers(context));
      context.server.noteHarmedWorker();
      context.begin(`worker ${pid} is killed by SIGKILL`)();
      signalProcess(pid, "SIGKILL");
    },
  },
  "all workers killed": {
    lane: "process",
    async inject(context) {
      const pids = await workers(context);
      context.begin(`all workers are killed by SIGKILL: ${pids.join(", ")}`)();
      for (const pid of pids) {
        context.server.noteHarmedWorker();
        signalProcess(pid, "SIGKILL");
      }
    },
  },
  "worker stopped briefly": {
    lane: "process",
    inject: async (context) =>
      stop(
        context,
        "worker",
        pick(context.random, await workers(context)),
        between(context.random, 200, 2500),
      ),
  },
  "worker stopped for long": {
    lane: "process",
    isLong: true,
    inject: async (context) =>
      stop(context, "worker", pick(context.random, await workers(context)), longStopMs),
  },
  "worker in an endless loop": {
    lane: "process",
    isLong: true,
    inject: (context) => loop(context, "worker"),
  },
  "builder in an endless loop": {
    lane: "process",
    isLong: true,
    inject: (context) => loop(context, "builder"),
  },
  "builder killed": {
    lane: "process",
    async inject(context) {
      const pid = await builder(context);
      context.begin(`builder ${pid} is killed by SIGKILL`)();
      signalProcess(pid, "SIGKILL");
    },
  },
  "builder stopped briefly": {
    lane: "process",
    inject: async (context) =>
      stop(context, "builder", await builder(context), between(context.random, 200, 2500)),
  },
  "builder stopped for long": {
    lane: "process",
    isLong: true,
    inject: async (context) => stop(context, "builder", await builder(context), longStopMs),
  },
  "primary stopped briefly": {
    lane: "process",
    inject: async (context) => stop(context, "primary", primary(context), between(context.random, 200, 4000)),
  },
  "primary killed": {
    lane: "process",
    async inject(context) {
      const destination = pick(context.random, destinations(context));
      const end = context.begin(
        `the primary ${primary(context)} is killed by SIGKILL, and a server started again that logs to a ${destination}`,
      );
      await context.server.killAndRestart(destination).finally(end);
    },
  },
  "server drained": {
    lane: "process",
    async inject(context) {
      const destination = pick(context.random, destinations(context));
      const signal = pick(context.random, ["SIGTERM", "SIGINT"] as const);
      const isTwice = context.random() < 0.3;
      const end = context.begin(
        `the server ${primary(context)} gets ${signal}${isTwice ? " twice" : ""}, and one is started again that logs to a ${destination}`,
      );
      await context.server.drainAndRestart(signal, isTwice, destination).finally(end);
    },
  },
};

async function stop(context: FaultContext, role: string, pid: number, forMs: number): Promise<void> {
  const end = context.begin(`${role} ${pid} is stopped by SIGSTOP for ${(forMs / 1000).toFixed(1)} s`);
  if (role === "worker") context.server.noteHarmedWorker();
  signalProcess(pid, "SIGSTOP");
  const endsAtMs = context.nowMs() + forMs;
  // The server may have ended the process meanwhile.
  while (context.nowMs() < endsAtMs && (await isAlive(pid))) await sleep(Math.min(200, forMs));
  if (await isAlive(pid)) signalProcess(pid, "SIGCONT");
  end();
}

/** Asks for the export whose rows never come, and waits until the server has ended the process that makes them. */
async function loop(context: FaultContext, role: "worker" | "builder"): Promise<void> {
  const { server } = context;
  const connection = await LoadConnection.open({ host: "127.0.0.1", port: server.port });
  if (connection === undefined) throw new CannotInject("the server took no connection just then");
  try {
    const delivery = role === "worker" ? "streaming" : "file";
    connection.write(`GET /exports/looping.csv?delivery=${delivery} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    // A refusal comes at once.
    if ((await connection.next(refusedWithinMs)) !== "silence")
      throw new CannotInject("the server refused the export just then");
    const end = context.begin(`a ${role} begins an endless loop`);
    if (role === "worker") server.noteHarmedWorker();
    const arrival = await connection.next(longStopMs);
    end();
    if (arrival === "silence")
      throw new Error(`A ${role} in an endless loop is still there after ${longStopMs / 1000} s.`);
  } finally {
    connection.leave("close");
  }
}

async function workers({ server }: FaultContext): Promise<readonly number[]> {
  const pids = await server.pidsOf("worker");
  if (pids.length === 0) throw new CannotInject("there was no worker just then");
  return pids;
}

/** The process that builds a new file, requested by a client here that waits for a while. */
async function builder({ server, random }: FaultContext): Promise<number> {
  const seed = 1_000_000 + Math.floor(random() * 1_000_000);
  const connection = await LoadConnection.open({ host: "127.0.0.1", port: server.port });
  connection?.write(
    `GET /exports/orders.csv?delivery=file&rows=100000&seed=${seed} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
  );
  const pid = await eventually(async () => (await server.pidsOf("builder"))[0], builderWithinMs);
  setTimeout(() => connection?.leave("close"), askerStaysMs);
  if (pid === undefined) throw new CannotInject("no file was being made just then");
  return pid;
}

function primary({ server }: FaultContext): number {
  const { pid } = server;
  if (pid === undefined) throw new CannotInject("there was no primary just then");
  return pid;
}

function destinations({ disks }: FaultContext): readonly ("pipe" | "file")[] {
  return disks.missing === undefined ? ["pipe", "file"] : ["pipe"];
}
