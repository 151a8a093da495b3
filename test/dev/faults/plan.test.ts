import assert from "node:assert/strict";
import { test } from "node:test";
import { faultKinds } from "../../../dev/faults/fault/faults.ts";
import { parseOptions } from "../../../dev/faults/options.ts";
import { planRun } from "../../../dev/faults/plan.ts";

test("a plan follows from its seed", () => {
  const options = { seed: 7, minutes: 10, only: [] };
  assert.deepEqual(planRun(options), planRun(options));
  assert.notDeepEqual(planRun(options), planRun({ ...options, seed: 8 }));
});

test("ten minutes contain every kind of fault, each before any occurs a third time", () => {
  const names = planRun({ seed: 1, minutes: 10, only: [] }).flatMap(({ faults }) =>
    faults.map(({ name }) => name),
  );
  const kinds = Object.keys(faultKinds);
  assert.deepEqual(new Set(names), new Set(kinds));
  const early = names.slice(0, kinds.length * 2);
  for (const kind of kinds) assert.ok(early.filter((name) => name === kind).length <= 3, kind);
});

test("a run shorter than a client's patience has no fault that outlasts it", () => {
  const names = planRun({ seed: 1, minutes: 0.5, only: [] }).flatMap(({ faults }) =>
    faults.map(({ name }) => name),
  );
  assert.deepEqual(
    names.filter((name) => name.includes("for long")),
    [],
  );
});

test("only named faults are planned, and an unknown name is refused with the list of known ones", () => {
  const named = planRun({ seed: 1, minutes: 1, only: ["worker killed"] });
  assert.deepEqual(
    new Set(named.flatMap(({ faults }) => faults.map(({ name }) => name))),
    new Set(["worker killed"]),
  );
  assert.throws(
    () => planRun({ seed: 1, minutes: 1, only: ["flood"] }),
    /"flood" is not a fault\. Use some of: worker killed,/,
  );
});

const seed = (): number => 42;

test("the command line has a default for everything, with a random seed", () => {
  assert.deepEqual(parseOptions([], seed), {
    minutes: 10,
    seed: 42,
    proxy: undefined,
    only: [],
    clients: 12,
    program: undefined,
  });
});

const refused: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [["--minutes", "0"], /--minutes "0" is not a number from 0\.1 to 1440/],
  [["--minutes", "ten"], /--minutes "ten"/],
  [["--seed", "1.5"], /--seed "1\.5" is not a whole number/],
  [["--clients", ""], /--clients "" is not a number/],
  [["--proxy", "squid"], /--proxy "squid" is not known\. Use nginx/],
  [["--minute", "1"], /--minute/],
];

for (const [args, message] of refused) {
  test(`refuses ${args.join(" ")}`, () => assert.throws(() => parseOptions(args, seed), message));
}
