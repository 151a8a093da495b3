/** Clients without a pause: each asks again as soon as it has its answer. */
export interface ClosedLoop<Answer> {
  /** The answers so far. */
  readonly answers: readonly Answer[];
  /** Resolves when there are so many answers; rejects with the first error of any client. */
  until(answers: number): Promise<void>;
  /** Stops further requests, and resolves when the last answer has come; rejects with the first error of any client. */
  finish(): Promise<void>;
}

/** Starts a closed loop: as many requests are under way at any time as there are clients. */
export function startClosedLoop<Answer>(clients: number, ask: () => Promise<Answer>): ClosedLoop<Answer> {
  const answers: Answer[] = [];
  const watchers = new Set<() => void>();
  const finishing = new AbortController();
  const loop = async (): Promise<void> => {
    while (!finishing.signal.aborted) {
      answers.push(await ask());
      for (const watcher of watchers) watcher();
    }
  };
  const all = Promise.all(Array.from({ length: clients }, loop));
  const failed = all.then(() => undefined);
  // `until` and `finish` reject with it; between two such calls nothing awaits it.
  failed.catch(() => finishing.abort());
  return {
    answers,
    async until(count) {
      let watcher: (() => void) | undefined;
      const enough = new Promise<void>((resolve) => {
        watcher = () => {
          if (answers.length >= count) resolve();
        };
        watchers.add(watcher);
        watcher();
      });
      try {
        await Promise.race([enough, failed]);
      } finally {
        if (watcher !== undefined) watchers.delete(watcher);
      }
    },
    async finish() {
      finishing.abort();
      await failed;
    },
  };
}
