import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { inOneOfThree } from "./harness/attempts.ts";

let folder = "";
let notes = "";
const given = process.env["REPEATED_ATTEMPTS"];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "attempts-test-"));
  notes = join(folder, "notes");
  await writeFile(notes, "");
  process.env["REPEATED_ATTEMPTS"] = notes;
});
after(async () => {
  if (given === undefined) delete process.env["REPEATED_ATTEMPTS"];
  else process.env["REPEATED_ATTEMPTS"] = given;
  await rm(folder, { recursive: true });
});

for (const [failures, passes] of [
  [0, true],
  [2, true],
  [3, false],
] as const)
  test(`an attempt that fails ${failures} times ${passes ? "passes" : "fails"}, and each repetition is noted`, async () => {
    await writeFile(notes, "");
    let left: number = failures;
    const trying = inOneOfThree(() => {
      left -= 1;
      return left < 0 ? Promise.resolve() : Promise.reject(new Error("too late\nby far"));
    });
    await (passes ? trying : assert.rejects(trying, /too late/));
    const line = "attempts.test.js: Error: too late\n";
    assert.equal(await readFile(notes, "utf8"), line.repeat(Math.min(failures, 2)));
  });
