import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import type { JobFault, JobRequest, JobResult } from "../../job.ts";
import { samePlanKey } from "../../same-plan-key.ts";
import { cancelChannel, keyPrefix, scripts } from "./scripts.ts";
import { parseRecord, requestText, type StoredRecord } from "./stored-record.ts";

/** What a submission did. */
export type Submission =
  | { readonly kind: "new" | "known"; readonly record: StoredRecord }
  /** Refused: the queue is full, or the owner has many. `meanMs` is how long a job runs. */
  | { readonly kind: "full" | "many"; readonly meanMs: number; readonly running: number };

/** What to do with a job that the queue hands out. */
export type Start =
  | { readonly kind: "run" | "ended"; readonly record: StoredRecord }
  | { readonly kind: "wait"; readonly waitMs: number }
  | { readonly kind: "none" };

/** How an attempt ended. */
export interface AttemptEnd {
  readonly state: "completed" | "failed" | "cancelled";
  readonly error: JobFault | null;
  readonly result: JobResult | null;
  readonly rows: number;
  readonly bytes: number;
}

/** An answer about a job; the record is there unless the job is unknown or another's by now. */
export interface BookAnswer<K extends string> {
  readonly kind: K;
  readonly record: StoredRecord | undefined;
}

/** A result to remove from the store. */
export interface BookedRemoval {
  readonly name: string;
  readonly id: string;
  readonly attempt: number;
}

/** What a submission must not exceed. */
export interface SubmissionLimits {
  /** Jobs that may wait. */
  readonly queue: number;
  /** Jobs that the submitting process runs at once; 0 where it runs none. */
  readonly places: number;
  /** Unfinished jobs of one token. */
  readonly mostOfOwner: number;
}

type Reply = string | number | readonly Reply[];

/**
 * The records of all jobs in Redis. Each change is one script, so that it happens completely or not at all, and a change that is
 * repeated because its answer was lost does no harm. Every method rejects with the error of the connection.
 */
export class JobBook {
  readonly #redis: Redis;
  readonly #keepMs: number;

  constructor(redis: Redis, keepMs: number) {
    this.#redis = redis;
    this.#keepMs = keepMs;
    for (const [name, lua] of Object.entries(scripts))
      redis.defineCommand(commandName(name), { numberOfKeys: 1, lua });
  }

  async submit(
    id: string,
    request: JobRequest,
    { queue, places, mostOfOwner }: SubmissionLimits,
  ): Promise<Submission> {
    const plan = digestOfPlan(request);
    const reply = await this.#run(
      "submit",
      id,
      plan,
      request.owner ?? "",
      queue,
      places,
      mostOfOwner,
      requestText(request),
    );
    const [kind, flat, meanMs, running] = reply as [Submission["kind"], string[], string?, number?];
    if (kind === "full" || kind === "many") return { kind, meanMs: Number(meanMs), running: Number(running) };
    const record = parseRecord(flat)!;
    // A repeated submission finds its own job.
    return { kind: record.job.id === id ? "new" : "known", record };
  }

  /** The job that a request gets if it makes no new one; undefined if there is none. */
  async find(request: JobRequest): Promise<StoredRecord | undefined> {
    return parseRecord((await this.#run("find", digestOfPlan(request))) as string[]);
  }

  /** The latest records, of an owner or, if that is left out, of all; null is nobody. */
  async list(most: number, owner?: string | null): Promise<readonly StoredRecord[]> {
    const wanted = owner === undefined ? ["all", ""] : ["of", owner ?? ""];
    const reply = (await this.#run("list", most, ...wanted)) as string[][];
    return reply.map(parseRecord).filter((record) => record !== undefined);
  }

  async get(id: string): Promise<StoredRecord | undefined> {
    return parseRecord(Object.entries(await this.#redis.hgetall(`${keyPrefix}:job:${id}`)).flat());
  }

  async start(id: string, runner: string, silenceMs: number, stopped: JobFault): Promise<Start> {
    const reply = await this.#run("start", id, runner, silenceMs, this.#keepMs, JSON.stringify(stopped));
    const [kind, flat, waitMs] = reply as [Start["kind"], string[], string?];
    if (kind === "wait") return { kind, waitMs: Number(waitMs) };
    return kind === "none" ? { kind } : { kind, record: parseRecord(flat)! };
  }

  async beat(
    id: string,
    attempt: number,
    { rows, bytes }: { readonly rows: number; readonly bytes: number },
  ): Promise<"go on" | "cancel" | "lost"> {
    return (await this.#run("beat", id, attempt, rows, bytes)) as "go on" | "cancel" | "lost";
  }

  async finish(id: string, attempt: number, end: AttemptEnd): Promise<BookAnswer<"done" | "lost">> {
    const { state, error, result, rows, bytes } = end;
    const texts = [error, result].map((part) => (part === null ? "" : JSON.stringify(part)));
    return answer(await this.#run("finish", id, attempt, state, this.#keepMs, ...texts, rows, bytes));
  }

  async handBack(id: string, attempt: number): Promise<BookAnswer<"queued" | "ended" | "lost">> {
    return answer(await this.#run("handBack", id, attempt, this.#keepMs));
  }

  async cancel(id: string): Promise<BookAnswer<"unknown" | "cancelled" | "ended" | "asked">> {
    return answer(await this.#run("cancel", id, this.#keepMs, cancelChannel));
  }

  async lose(id: string, fault: JobFault): Promise<void> {
    await this.#run("lose", id, JSON.stringify(fault));
  }

  /** Expires what is due, unless another machine did within the interval. */
  async sweep(
    intervalMs: number,
  ): Promise<{ readonly removals: readonly BookedRemoval[]; readonly missing: readonly string[] }> {
    const [names, missing] = (await this.#run("sweep", this.#keepMs, intervalMs)) as [string[], string[]];
    const removals = names.map((name) => {
      const end = name.lastIndexOf(":");
      return { name, id: name.slice(0, end), attempt: Number(name.slice(end + 1)) };
    });
    return { removals, missing };
  }

  async removed({ name }: BookedRemoval): Promise<void> {
    await this.#run("removed", name);
  }

  async count(): Promise<{ readonly queued: number; readonly running: number }> {
    const [queued, running] = (await this.#run("count")) as [number, number];
    return { queued, running };
  }

  async #run(name: string, ...args: readonly (string | number)[]): Promise<Reply> {
    const commands = this.#redis as unknown as Record<
      string,
      (...all: readonly (string | number)[]) => Promise<Reply>
    >;
    return await commands[commandName(name)]!(keyPrefix, ...args);
  }
}

function answer<K extends string>(reply: Reply): BookAnswer<K> {
  const [kind, flat] = reply as [K, string[]];
  return { kind, record: parseRecord(flat) };
}

/** Under a name that no command of Redis has. */
function commandName(script: string): string {
  return `streamCsv:${script}`;
}

function digestOfPlan(request: JobRequest): string {
  return createHash("sha256").update(samePlanKey(request)).digest("hex");
}
