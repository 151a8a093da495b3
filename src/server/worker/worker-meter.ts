import { EventLoopMeter } from "../metrics/event-loop.ts";
import { LoopDelay } from "../metrics/loop-delay.ts";
import type { Occupancy } from "../../admission/occupancy.ts";
import type { WorkerNumbers } from "../metrics/server-stats.ts";
import type { Slots } from "../../admission/slots.ts";

type Memory = Pick<NodeJS.MemoryUsage, "rss" | "heapUsed" | "arrayBuffers">;

/** What a worker counts of itself. */
export class WorkerMeter {
  readonly #loop = new EventLoopMeter();
  readonly #delay = new LoopDelay();
  readonly #occupancy: Occupancy;
  #memory: Memory = { rss: 0, heapUsed: 0, arrayBuffers: 0 };

  constructor(occupancy: Occupancy) {
    this.#occupancy = occupancy;
  }

  /** The numbers now; those of slots are 0 before there are any. */
  read(slots: Slots | undefined, droppedLogLines: number): WorkerNumbers {
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
    };
  }

  /** The resident size is read from /proc, which needs a descriptor; without one the last known sizes count. */
  #readMemory(): Memory {
    try {
      this.#memory = process.memoryUsage();
    } catch {
      // EMFILE: a number isn't worth the process and all it is sending.
    }
    return this.#memory;
  }
}
