import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../../bench/statistics/random.ts";
import { sha256 } from "../harness/read-body.ts";
import { anyOrigin, type Machine } from "./fleet.ts";

/** A job as a server tells of it. */
export interface ToldJob {
  readonly id: string;
  readonly state: string;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly result: { readonly sha256: string } | null;
}

/** An answer whose body was read. */
export interface Answer {
  readonly status: number;
  readonly location: string | null;
  readonly body: Buffer;
}

/** A client of several servers that asks any of them, and again while they die. */
export class Client {
  readonly #machines: readonly Machine[];
  readonly #random: Random;
  /** How many requests had no answer, and how many each refusal. */
  readonly refusals = new Map<string, number>();
  /** Bodies of answers with a 500, but for those of a killed server whose worker still answers. */
  readonly internalErrors: string[] = [];

  constructor(machines: readonly Machine[], random: Random) {
    this.#machines = machines;
    this.#random = random;
  }

  /** Submits a job, and again until a server has taken it. */
  submit(path: string, owner: string): Promise<ToldJob> {
    return this.#insist(`/exports/${path.replace("?", "/jobs?")}`, owner, "POST");
  }

  job(id: string, owner: string): Promise<ToldJob> {
    return this.#insist(`/jobs/${id}`, owner, "GET");
  }

  async ended(id: string, owner: string): Promise<ToldJob> {
    for (;;) {
      const job = await this.job(id, owner);
      if (job.state !== "queued" && job.state !== "running") return job;
      await sleep(500);
    }
  }

  /** The result by its redirect, from any server. Undefined when there was no whole answer. */
  async download(
    id: string,
    owner: string,
  ): Promise<{ status: number; sha256: string; object: string } | undefined> {
    const told = await this.#ask(`/jobs/${id}.csv`, owner, "GET");
    if (told === undefined || told.status !== 303 || told.location === null)
      return told && { status: told.status, sha256: "", object: "" };
    const answer = await askFor(told.location, {});
    const object = decodeURIComponent(new URL(told.location).pathname).replace(/^\/exports\//, "");
    return answer && { status: answer.status, sha256: sha256(answer.body), object };
  }

  async #ask(path: string, owner: string, method: string): Promise<Answer | undefined> {
    const origin = anyOrigin(this.#machines, this.#random);
    const headers = { Authorization: `Bearer ${owner}` };
    const answer = origin === undefined ? undefined : await askFor(origin + path, { method, headers });
    if (answer === undefined || answer.status >= 400) {
      const key = answer === undefined ? "no answer" : `${method} ${answer.status}`;
      if (answer?.status === 500) this.internalErrors.push(String(answer.body));
      this.refusals.set(key, (this.refusals.get(key) ?? 0) + 1);
    }
    return answer;
  }

  async #insist(path: string, owner: string, method: string): Promise<ToldJob> {
    for (;;) {
      const answer = await this.#ask(path, owner, method);
      if (answer !== undefined && answer.status < 400) return JSON.parse(String(answer.body)) as ToldJob;
      if (answer !== undefined && answer.status !== 429 && answer.status < 500)
        throw new Error(`${method} ${path} was answered with ${answer.status}: ${String(answer.body)}`);
      await sleep(200);
    }
  }
}

async function askFor(url: string, options: RequestInit): Promise<Answer | undefined> {
  try {
    const signal = AbortSignal.timeout(30_000);
    const response = await fetch(url, { ...options, signal, redirect: "manual" });
    const body = Buffer.from(await response.arrayBuffer());
    return { status: response.status, location: response.headers.get("location"), body };
  } catch {
    // A server that is killed answers nothing, or half; that is counted.
    return undefined;
  }
}
