import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Batch } from "../../src/csv/batch.ts";
import { csvChunks, type Source } from "../../src/index.ts";

/** Sources of one kind, and what shows that their readings hold nothing. */
export interface ContractSubject {
  /** Three columns `id`, `name` and `note`, with the rows of {@link contractRows}, if this kind can have them. */
  readonly small?: Source;
  /** At least 200,000 rows whose first column is their number, counted from 1 or 0. */
  readonly large: Source;
  /** Fails after its first rows, if a source of this kind can. */
  readonly failing?: Source;
  /** How many readings hold something: a file, a connection, a process, an iterator. */
  held(): number;
}

export const contractRows = [
  { id: 9_007_199_254_740_993n, name: "Zürich", note: null },
  { id: -1n, name: 'a "b", c', note: "" },
  { id: 0n, name: "=1+1", note: "last\nline" },
] as const;

const contractText = 'id,name,note\n9007199254740993,Zürich,\n-1,"a ""b"", c",""\n0,=1+1,"last\nline"\n';

/** The most rows that a batch may have, which bounds the memory of a reading. */
const mostRowsOfBatch = 4096;

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

  contract("reads all rows in batches of bounded size", async ({ large }) => {
    let count = 0;
    for await (const batch of large.read({ signal: new AbortController().signal })) {
      assert.ok(batch.rowCount > 0 && batch.rowCount <= mostRowsOfBatch, `${batch.rowCount} rows`);
      count += batch.rowCount;
    }
    assert.ok(count >= 200_000, `${count} rows`);
  });

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

/** An aborted reading rejects first and lets go then, as soon as what it waits for comes back. */
async function released({ held }: ContractSubject): Promise<void> {
  for (const end = Date.now() + 10_000; held() > 0; await sleep(5))
    if (Date.now() > end) assert.fail(`${held()} readings still hold something`);
}
