import assert from "node:assert/strict";
import { test } from "node:test";
import { splitCommand } from "../../../bench/subject/version/split-command.ts";

const commands: readonly (readonly [string, readonly string[]])[] = [
  ["node ../old/dist/bin/stream-csv.js", ["node", "../old/dist/bin/stream-csv.js"]],
  ["  npx   -y stream-csv@0.1.0 ", ["npx", "-y", "stream-csv@0.1.0"]],
  [`'/opt/my node' "a b"c\\ d ''`, ["/opt/my node", "a bc d", ""]],
  [`x "say \\"hi\\" \\n" 'no \\ escape'`, ["x", 'say "hi" \\n', "no \\ escape"]],
];
for (const [text, words] of commands) {
  test(`splits ${text} as a shell would`, () => {
    assert.deepEqual(splitCommand(text), words);
  });
}

for (const text of ["", "   ", `node "old`, "node 'old", "node \\"]) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => splitCommand(text), RangeError);
  });
}
