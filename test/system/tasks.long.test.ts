import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startPostgres } from "../../dev/postgres-server.ts";
import { hasSqlite, readTasks, runTask } from "../harness/tasks.ts";

const tasks = await readTasks();

/** What the output of each task has. */
const outputs: Readonly<Record<number, readonly RegExp[]>> = {
  1: [/^id,customer,email,.*\r\n1,/],
  2: [/"name":"books"/, /id,title\r\n1,First\r\n2,Second\r\n$/],
  3: [/^date,delay,.*\r\n(?:.*\r\n){3}$/],
  4: [/^id,title\r\n1,First\r\n$/],
  5: [/n,square\r\n1,1\r\n2,4\r\n[^]*5,25\r\n$/],
  6: [/^n,square\r\n1,1\r\n2,4\r\n3,9\r\n$/],
  7: [/^id,name\r\n1,Ann\r\n$/],
  8: [/^id,customer\n1,/, /\nid\tcustomer\t/],
  9: [/^HTTP\/1\.1 200 OK/, /accept-ranges: bytes/i],
  10: [/"state":"running"/, /"state":"cancelled"/],
  11: [/"loopSeconds"/, /^stream_csv_transfers_total/m, /"transfers":/],
  12: [/^$/],
  13: [/^id,tags\r\n1,"\[""a"",""b""\]"\r\n2,NULL\r\n/, /\n2,[^\n]*\n$/],
  14: [/^$/],
  15: [/^401\n/, /id,customer,/],
  16: [/^id,customer,[^]*\r\n2,.*\r\n$/],
  17: [/^id,customer,[^]*\r\n2,.*\r\n$/],
  18: [/buffered/, /\| ?first byte/i],
  19: [/1 worker with 32 slots[^]*1 worker with 32 slots/, /first byte/],
  20: [/^$/],
};

const postgres = startPostgres();
after(() => {
  if (typeof postgres !== "string") postgres.stop();
});

/** What a task needs that may be missing here. */
function missingFor(number: number): string | false {
  if (number === 4 && !hasSqlite) return "better-sqlite3 isn't installed: npm install better-sqlite3";
  return number === 5 && typeof postgres === "string" ? postgres : false;
}

test("there are twenty tasks, in order, and each has an expected output", () => {
  const numbers = Array.from({ length: 20 }, (_, index) => index + 1);
  assert.deepEqual(
    tasks.map(({ number }) => number),
    numbers,
  );
  assert.deepEqual(Object.keys(outputs).map(Number), numbers);
});

for (const task of tasks) {
  const { number, title } = task;
  test(`the commands of "${title}" work as they stand`, { skip: missingFor(number) }, async () => {
    const output = await runTask(task, typeof postgres === "string" ? {} : { DATABASE_URL: postgres.url });
    for (const pattern of outputs[number] ?? []) assert.match(output, pattern);
  });
}
