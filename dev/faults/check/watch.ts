import { setTimeout as sleep } from "node:timers/promises";
import type { RunRecord } from "../record.ts";
import { residentBytesOf } from "../subject/proc.ts";
import type { ServerUnderTest } from "../subject/server-under-test.ts";
import { askStats, askText } from "./ask-server.ts";
import { countersOfMetrics, countersOfStats, fallen, type Counters } from "./counters.ts";

const everyMs = 1000;
/**
 * Generous, because DuckDB alone may take half a gigabyte in a process, and a body of `--buffer-memory` exists twice
 * for a moment.
 */
const mostResidentMiB: Readonly<Record<string, number>> = {
  primary: 300,
  worker: 1024,
  builder: 1024,
  other: 300,
};
const answeredWithinMs = 10_000;

/** Checks a server continuously: its counters never fall, and its memory is bounded. */
export class Watch {
  readonly #server: ServerUnderTest;
  readonly #record: RunRecord;
  readonly #peaks = new Map<string, number>();
  readonly #over = new AbortController();
  readonly #running: Promise<void>;
  #counters = new Map<string, { readonly generation: number; readonly counters: Counters }>();

  constructor(server: ServerUnderTest, record: RunRecord) {
    this.#server = server;
    this.#record = record;
    this.#running = this.#run();
  }

  /** The peak memory of one process of each role, in MiB. */
  get peaks(): ReadonlyMap<string, number> {
    return this.#peaks;
  }

  async end(): Promise<void> {
    this.#over.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      await this.#checkMemory();
      await this.#checkCounters("/stats", async (target) => {
        const stats = await askStats(target, answeredWithinMs);
        return stats === undefined ? undefined : countersOfStats(stats);
      });
      await this.#checkCounters("/metrics", async (target) => {
        const text = await askText(target, "/metrics", answeredWithinMs);
        return text === undefined ? undefined : countersOfMetrics(text);
      });
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Another check reports a server that doesn't answer. */
  async #checkCounters(
    where: string,
    ask: (target: { readonly host: string; readonly port: number }) => Promise<Counters | undefined>,
  ): Promise<void> {
    const { generation, port } = this.#server;
    const counters = await ask({ host: "127.0.0.1", port });
    if (counters === undefined || generation !== this.#server.generation) return;
    const before = this.#counters.get(where);
    this.#counters.set(where, { generation, counters });
    if (before?.generation !== generation) return;
    const wrong = fallen(before.counters, counters);
    if (wrong.length > 0) this.#record.finding(`a counter of ${where} falls`, wrong.slice(0, 8).join("\n"));
  }

  async #checkMemory(): Promise<void> {
    for (const { pid, role } of await this.#server.processes()) {
      const mebibytes = (await residentBytesOf(pid)) / 1024 ** 2;
      this.#peaks.set(role, Math.max(this.#peaks.get(role) ?? 0, mebibytes));
      const limit = mostResidentMiB[role] ?? Infinity;
      if (mebibytes > limit)
        this.#record.finding(
          `a ${role} takes too much memory`,
          `process ${pid} has ${mebibytes.toFixed(0)} MiB, and should have at most ${limit}`,
        );
    }
  }
}
