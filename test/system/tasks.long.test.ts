import assert from "node:assert/strict";
import { test } from "node:test";
import { readTasks, runTask } from "../harness/tasks.ts";

/** The tasks that measure, and what their output has; the others are in tasks.test.ts. */
const outputs: Readonly<Record<number, readonly RegExp[]>> = {
  18: [/buffered/, /\| ?first byte/i],
  19: [/1 worker with 32 slots[^]*1 worker with 32 slots/, /first byte/],
};

for (const task of await readTasks()) {
  const patterns = outputs[task.number];
  if (patterns === undefined) continue;
  test(`the commands of "${task.title}" work as they stand`, async () => {
    const output = await runTask(task);
    for (const pattern of patterns) assert.match(output, pattern);
  });
}
