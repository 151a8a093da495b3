import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Batch } from "../../src/csv/batch.ts";
import { csvChunks, type Source } from "../../src/index.ts";
import { liveMemory } from "../harness/live-memory.ts";

/** Sources of one kind, and what shows that their readings hold nothing. */
export interface ContractSubject {
  /** Three columns `id`, `name` and `note`, with the rows of {@link contractRows}, if this kind can have them. */
  readonly small?: Source;
  /** At least 200,000 rows whose first column is their number, counted from 1 or 0. */
  readonly large: Source;
  /** Fails after its first rows, if a source of this kind can. */
  readonly failing?: Source;
  /** Rows whose origin tells how many it has given, if a source of this kind has an origin that could run ahead. */
  readonly counted?: CountedRows;
  /** How many readings hold something: a file, a connection, a process, an iterator. Below 0 when one was returned twice. */
  held(): number;
}

export interface CountedRows {
  readonly source: Source;
  /** The most rows that may be given and not taken: those of some batches, and of what is between the origin and the reading. */
  readonly mostRowsAhead: number;
  /** How many rows the origin has given to the only reading that is open. */
  given(): number;
}

export const contractRows = [
  { id: 9_007_199_254_740_993n, name: "Zürich", note: null },
  { id: -1n, name: 'a "b", c', note: "" },
  { id: 0n, name: "=1+1", note: "last\nline" },
] as const;

const contractText = 'id,name,note\n9007199254740993,Zürich,\n-1,"a ""b"", c",""\n0,=1+1,"last\nline"\n';

/** The most rows that a batch may have, which bounds the memory of a reading. */
const mostRowsOfBatch = 4096;
/** What may be held after many rows and not after few. A reference kept for each row of `large` would be more. */
const mostBytesGrown = 1024 ** 2;

/** Tests what every source promises, see `src/source/source.ts`. `open` is called once. */
export function testSourceContract(
  kind: string,
  skip: string | false,
  open: () => Promise<ContractSubject>,
): void {
  let opened: Promise<ContractSubject> | undefined;
  const contract = (title: string, run: (subject: ContractSubject) => Promise<void>): void => {
    test(`${kind}: ${title}`, { skip }, async () => {
      opened ??= open();
      const subject = await opened;
      await run(subject);
      await released(subject);
    });
  };

  contract("writes exact values, the same each time, under one version", async ({ small }) => {
    if (small === undefined) return;
    const { version } = small;
    assert.equal(await textOf(small), contractText);
    assert.equal(await textOf(small), contractText);
    assert.ok(version.length > 0);
    // The rows of user code may differ each time.
    if (small.kind !== "rows") assert.equal(small.version, version);
  });

  contract(
    "reads the columns asked for, in that order, and no more rows than asked for",
    async ({ small, large }) => {
      if (small !== undefined)
        assert.equal(
          await textOf(small, { columns: ["note", "id"] }),
          'note,id\n,9007199254740993\n"",-1\n"last\nline",0\n',
        );
      for (const rows of [0, 1, 3000]) {
        let count = 0;
        for await (const batch of large.read({ signal: new AbortController().signal, rows, columns: [0] })) {
          assert.equal(batch.columns.length, 1);
          count += batch.rowCount;
        }
        assert.equal(count, rows);
      }
    },
  );

  contract("holds nothing before the first batch is asked for", async ({ large, held }) => {
    const reading = large.read({ signal: new AbortController().signal });
    const rows = reading[Symbol.asyncIterator]();
    await sleep(20);
    assert.equal(held(), 0);
    await rows.return?.();
  });

  contract("reads no further ahead than a bound while nobody asks for rows", async ({ counted }) => {
    if (counted === undefined) return;
    const { source, mostRowsAhead, given } = counted;
    const rows = begin(source, new AbortController().signal);
    let taken = 0;
    try {
      for (const goal of [1, 1 + 2 * mostRowsAhead]) {
        while (taken < goal) {
          const step = await rows.next();
          if (step.done === true) assert.fail(`only ${taken} rows`);
          taken += step.value.rowCount;
        }
        const ahead = (await settled(given)) - taken;
        assert.ok(ahead >= 0 && ahead <= mostRowsAhead, `${ahead} rows ahead of ${taken}`);
      }
    } finally {
      // Also when it fails: what a reading holds keeps its source from being closed.
      await rows.return?.();
    }
  });

  // One reading shows both: a promise for each row costs much where node:test follows promises.
  contract(
    "reads all rows in batches of bounded size, and holds no more of many than of few",
    async (subject) => {
      const held: number[] = [];
      let count = 0;
      for await (const batch of subject.large.read({ signal: new AbortController().signal })) {
        assert.ok(batch.rowCount > 0 && batch.rowCount <= mostRowsOfBatch, `${batch.rowCount} rows`);
        count += batch.rowCount;
        if (count < 50_000 * (held.length + 1)) continue;
        const { heapUsed, arrayBuffers } = await liveMemory();
        held.push(heapUsed + arrayBuffers);
      }
      assert.ok(count >= 200_000, `${count} rows`);
      const [first = 0, ...later] = held;
      assert.equal(later.length, 3);
      // What comes and goes is left out.
      const grown = Math.min(...later) - first;
      assert.ok(grown < mostBytesGrown, `${grown} bytes more`);
    },
  );

  contract("releases everything when the iteration is returned", async ({ large, held }) => {
    const rows = begin(large, new AbortController().signal);
    assert.equal((await rows.next()).done, false);
    await rows.return?.();
    assert.equal(held(), 0);
  });

  contract("releases everything when it is aborted and nobody asks for more", async (subject) => {
    const abort = new AbortController();
    const rows = begin(subject.large, abort.signal);
    await rows.next();
    abort.abort(new Error("enough"));
    await released(subject);
    await assert.rejects(async () => await rows.next(), /enough/);
    assert.equal((await rows.next()).done, true);
  });

  contract("fails at once with a signal that is aborted already", async ({ large }) => {
    await assert.rejects(
      async () => await begin(large, AbortSignal.abort(new Error("too late"))).next(),
      /too late/,
    );
  });

  contract("gives several readings at once the same rows", async ({ small }) => {
    if (small === undefined) return;
    const texts = await Promise.all([textOf(small), textOf(small), textOf(small)]);
    assert.deepEqual(new Set(texts), new Set([contractText]));
  });

  contract("releases everything when it fails, and says so", async ({ failing, held }) => {
    if (failing === undefined) return;
    const rows = begin(failing, new AbortController().signal);
    await assert.rejects(async () => {
      for (let step = await rows.next(); step.done !== true; step = await rows.next());
    });
    assert.equal(held(), 0);
    assert.equal((await rows.next()).done, true);
  });

  contract("stops its readings when it is closed", async (subject) => {
    const rows = begin(subject.large, new AbortController().signal);
    await rows.next();
    await subject.large.close();
    await rows.return?.();
    await released(subject);
    await subject.small?.close();
  });
}

function begin(source: Source, signal: AbortSignal): AsyncIterator<Batch> {
  return source.read({ signal })[Symbol.asyncIterator]();
}

async function textOf(source: Source, options: Parameters<typeof csvChunks>[1] = {}): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of csvChunks(source, { dialect: "unix", ...options })) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** What a counter shows once it has stood still for a while. */
async function settled(counter: () => number): Promise<number> {
  let last = counter();
  for (let still = 0; still < 10; still += 1) {
    await sleep(20);
    const next = counter();
    if (next !== last) still = 0;
    last = next;
  }
  return last;
}

/** An aborted reading rejects first and lets go then, as soon as what it waits for comes back. */
async function released({ held }: ContractSubject): Promise<void> {
  for (const end = Date.now() + 10_000; held() > 0; await sleep(5))
    if (Date.now() > end) assert.fail(`${held()} readings still hold something`);
  assert.equal(held(), 0, "a reading was returned more than once");
}
