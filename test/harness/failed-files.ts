import type { TestEvent } from "node:test/reporters";

/** A reporter of node:test that writes the paths of files in which a test failed, one a line and as often as one did. */
// oxlint-disable-next-line import/no-default-export -- how node:test takes a reporter
export default async function* failedFiles(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    // A file that ended by itself, or took too long, fails under its own path.
    if (type === "test:fail") yield `${data.file ?? data.name}\n`;
  }
}
