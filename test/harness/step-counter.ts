import { Session } from "node:inspector";

/**
 * Counts steps of JavaScript, which are the same on every machine and under every load. Code of this project and its
 * dependencies counts by V8's block counters. A call of a built-in method counts by the length of its text or list,
 * all of which it may read. A regular expression counts as one pass, so backtracking isn't counted here;
 * `regular-expressions.long.test.ts` proves that there is none.
 *
 * V8 counts only in functions that it compiles after the start, so import the measured modules afterwards.
 */
export class StepCounter {
  readonly #session = new Session();
  readonly #undo: (() => void)[] = [];
  #nativeSteps = 0;
  #depth = 0;

  start(): void {
    this.#session.connect();
    this.#post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
    for (const name of readingMethods) this.#count(String.prototype, name, ({ self }) => lengthOf(self));
    for (const name of cuttingMethods) this.#count(String.prototype, name, ({ result }) => lengthOf(result));
    for (const name of searchingMethods) {
      for (const owner of [String.prototype, Array.prototype]) this.#count(owner, name, searchedLength);
    }
    for (const name of listMethods) this.#count(Array.prototype, name, ({ self }) => lengthOf(self));
    for (const name of patternMethods) this.#count(RegExp.prototype, name, ({ args }) => lengthOf(args[0]));
    for (const name of textFunctions) this.#count(globalThis, name, ({ args }) => lengthOf(args[0]));
  }

  /** The steps of one call until what it returns has settled. */
  async stepsOf(run: () => unknown): Promise<number> {
    this.#take();
    this.#nativeSteps = 0;
    await run();
    const nativeSteps = this.#nativeSteps;
    return this.#take() + nativeSteps;
  }

  stop(): void {
    for (const undo of this.#undo) undo();
    this.#post("Profiler.stopPreciseCoverage");
    this.#session.disconnect();
  }

  #take(): number {
    let steps = 0;
    this.#session.post("Profiler.takePreciseCoverage", (error, taken) => {
      if (error !== null) throw error;
      for (const { url, functions } of taken.result) {
        if (!/\/dist\/src\/|\/node_modules\//.test(url)) continue;
        for (const { ranges } of functions) for (const { count } of ranges) steps += count;
      }
    });
    return steps;
  }

  #post(method: "Profiler.enable" | "Profiler.stopPreciseCoverage"): void {
    this.#session.post(method);
  }

  /** Replaces a native function by a counting one; native calls inside it aren't counted again. */
  #count(owner: object, name: PropertyKey, costOf: (call: Call) => number): void {
    const descriptor = Object.getOwnPropertyDescriptor(owner, name);
    const native: unknown = descriptor?.value;
    if (descriptor === undefined || typeof native !== "function") throw new Error(`no ${String(name)} here`);
    const run = (self: unknown, args: readonly unknown[]): unknown => {
      this.#depth += 1;
      try {
        const result: unknown = Reflect.apply(native, self, args);
        if (this.#depth === 1) this.#nativeSteps += costOf({ self, args, result });
        return result;
      } finally {
        this.#depth -= 1;
      }
    };
    const counting = function (this: unknown, ...args: unknown[]): unknown {
      return run(this, args);
    };
    Object.defineProperty(owner, name, { ...descriptor, value: counting });
    this.#undo.push(() => void Object.defineProperty(owner, name, descriptor));
  }
}

interface Call {
  readonly self: unknown;
  readonly args: readonly unknown[];
  readonly result: unknown;
}

function lengthOf(value: unknown): number {
  return typeof value === "string" || Array.isArray(value) ? value.length : 0;
}

/** From where a search began to where it ended. */
function searchedLength({ self, args: [, from = 0], result }: Call): number {
  const end = typeof result === "number" && result >= 0 ? result : lengthOf(self);
  return Math.max(0, end - Number(from));
}

const readingMethods = [
  "endsWith",
  "isWellFormed",
  "match",
  "matchAll",
  "normalize",
  "replace",
  "replaceAll",
  "search",
  "split",
  "startsWith",
  "toLowerCase",
  "toUpperCase",
  "toWellFormed",
  "trim",
  "trimEnd",
  "trimStart",
] as const;

const cuttingMethods = ["padStart", "repeat", "slice", "substring"] as const;

const searchingMethods = ["includes", "indexOf"] as const;

const listMethods = ["concat", "join", "shift", "slice", "splice", "unshift"] as const;

const patternMethods = [
  "exec",
  "test",
  Symbol.match,
  Symbol.matchAll,
  Symbol.replace,
  Symbol.search,
  Symbol.split,
] as const;

const textFunctions = ["decodeURIComponent", "encodeURIComponent"] as const;
