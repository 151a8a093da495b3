import { EventLoopMeter } from "../metrics/event-loop-meter.ts";
import { LoopDelay } from "../metrics/loop-delay.ts";
import type { Occupancy } from "../../admission/occupancy.ts";
import type { WorkerNumbers } from "../metrics/server-stats.ts";
import type { DatabaseUsage } from "../../export/databases.ts";
import type { Slots } from "../../admission/slots.ts";

type Memory = Pick<NodeJS.MemoryUsage, "rss" | "heapUsed" | "arrayBuffers">;

/** Measures a worker's own numbers. */
export class WorkerMeter {
  readonly #loop = new EventLoopMeter();
  readonly #delay = new LoopDelay();
  readonly #occupancy: Occupancy;
  #memory: Memory = { rss: 0, heapUsed: 0, arrayBuffers: 0 };

  constructor(occupancy: Occupancy) {
    this.#occupancy = occupancy;
  }

  /** The current numbers; those of slots are 0 until the worker has slots. */
  read(
    slots: Slots | undefined,
    databases: readonly DatabaseUsage[],
    droppedLogLines: number,
  ): WorkerNumbers {
    const { rss, heapUsed, arrayBuffers } = this.#readMemory();
    const { user, system } = process.cpuUsage();
    return {
      slots: slots?.limit ?? 0,
      busySlots: this.#occupancy.busy,
      queued: slots?.queued ?? 0,
      heldSeconds: this.#occupancy.heldSeconds,
      busySlotSeconds: this.#occupancy.busySlotSeconds,
      queueWaitSeconds: slots?.queueWaitSeconds ?? 0,
      loopSeconds: this.#loop.loopSeconds,
      cpuSeconds: (user + system) / 1e6,
      gcSeconds: this.#loop.gcSeconds,
      residentBytes: rss,
      peakResidentBytes: process.resourceUsage().maxRSS * 1024,
      heapUsedBytes: heapUsed,
      arrayBuffersBytes: arrayBuffers,
      loopDelayP50Seconds: this.#delay.percentileSeconds(50),
      loopDelayP99Seconds: this.#delay.percentileSeconds(99),
      loopDelayMaxSeconds: this.#delay.maxSeconds,
      droppedLogLines,
      databaseConnections: sumOver(databases, (database) => database.connections),
      busyDatabaseConnections: sumOver(databases, (database) => database.busyConnections),
      queuedForDatabase: sumOver(databases, (database) => database.waiting),
      databaseHeldSeconds: sumOver(databases, (database) => database.heldSeconds),
      databaseWaitSeconds: sumOver(databases, (database) => database.waitSeconds),
    };
  }

  /**
   * Node reads the resident size from /proc, which needs a descriptor; if there is none, the last known sizes count.
   */
  #readMemory(): Memory {
    try {
      this.#memory = process.memoryUsage();
    } catch {
      // EMFILE: a missing number must not end the process and its transfers.
    }
    return this.#memory;
  }
}

function sumOver(databases: readonly DatabaseUsage[], valueOf: (database: DatabaseUsage) => number): number {
  return databases.reduce((sum, database) => sum + valueOf(database), 0);
}
