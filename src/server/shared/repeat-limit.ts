/** What is known of a log line before it is written. */
export interface LineFacts {
  readonly level: number;
  readonly message: string;
  readonly fields: object;
}

/** The fields that tell kinds of lines apart. */
export interface LineFields {
  readonly err?: unknown;
  readonly code?: unknown;
  readonly status?: unknown;
}

/** Lines of one kind that were left out. */
export interface Repeats {
  readonly first: LineFacts;
  readonly count: number;
  /** How long the window was, in whole seconds. */
  readonly seconds: number;
}

/** Lines of one kind that are written in a window; further ones are counted. */
const linesPerWindow = 5;
/** Length of a window, in seconds. */
const windowSeconds = 10;

/** The most kinds that are counted at once, so that memory is bounded. Lines of further kinds are all written. */
const mostKinds = 1000;
/** pino's level of information. A log with more detail than that has all lines below it. */
const information = 30;

/** Lines of one kind in their window. */
interface Kind {
  readonly first: LineFacts;
  readonly startMs: number;
  count: number;
  readonly timer: NodeJS.Timeout;
}

/**
 * Lets the first lines of each kind in a window pass, and counts the others. Lines are of one kind when their level, message and
 * error code are equal. The line of a transfer always passes: it is the account of a body, and each is different.
 */
export class RepeatLimit {
  readonly #onRepeats: (repeats: Repeats) => void;
  readonly #kinds = new Map<string, Kind>();

  /** @param onRepeats called at the end of a window in which lines were left out */
  constructor(onRepeats: (repeats: Repeats) => void) {
    this.#onRepeats = onRepeats;
  }

  /** Whether a line is to be written. */
  admits(line: LineFacts): boolean {
    if (line.level < information || "transfer" in line.fields) return true;
    const key = keyOf(line);
    const kind = this.#kinds.get(key);
    if (kind !== undefined) {
      kind.count += 1;
      return kind.count <= linesPerWindow;
    }
    if (this.#kinds.size >= mostKinds) return true;
    const timer = setTimeout(() => this.#end(key), windowSeconds * 1000).unref();
    this.#kinds.set(key, { first: line, startMs: performance.now(), count: 1, timer });
    return true;
  }

  /** Ends all windows now, so that nothing stays uncounted when the process ends. */
  flush(): void {
    for (const key of this.#kinds.keys()) this.#end(key);
  }

  #end(key: string): void {
    const kind = this.#kinds.get(key);
    if (kind === undefined) return;
    clearTimeout(kind.timer);
    this.#kinds.delete(key);
    if (kind.count <= linesPerWindow) return;
    const seconds = Math.max(1, Math.round((performance.now() - kind.startMs) / 1000));
    this.#onRepeats({ first: kind.first, count: kind.count - linesPerWindow, seconds });
  }
}

function keyOf({ level, message, fields }: LineFacts): string {
  const { err, code, status }: LineFields = fields;
  const reason = err instanceof Error ? ("code" in err ? err.code : err.message) : "";
  return [level, message, code, status, reason].join("\n");
}
