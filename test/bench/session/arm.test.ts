import assert from "node:assert/strict";
import { test } from "node:test";
import { planArms, type TargetFacts } from "../../../bench/session/arm.ts";
import type { Subject } from "../../../bench/subject/subject.ts";
import type { Target } from "../../../bench/subject/target.ts";

/** A target that is only planned with, never started. */
function target(name: string, takesRows = true): Target {
  return {
    name,
    command: null,
    url: null,
    isStreamCsv: name === "ours",
    takesRows,
    canRunTwice: true,
    start: () => Promise.reject(new Error("not to be started")),
  };
}

const facts: TargetFacts = {
  body: { rows: 7, bytes: 70, crc32: 1 },
  exportSeconds: 1,
  rowsPerSecond: 7,
  availableRows: null,
  promisesRows: true,
};

/** The arms as `id role target rows`. */
function planned(subjects: readonly Subject[], control: string | null = "buffered"): readonly string[] {
  return planArms(subjects, { rows: 100, control, factsOf: () => facts }).map(
    (arm) => `${arm.id} ${arm.role} ${arm.target.name} ${arm.rows}`,
  );
}

test("a subject without a control has one arm per delivery, and the buffered one twice", () => {
  const ours = {
    target: target("ours"),
    deliveries: ["streaming", "buffered", "file"],
    control: null,
  } as const;
  assert.deepEqual(planned([ours]), [
    "streaming treatment ours 100",
    "buffered control ours 100",
    "file treatment ours 100",
    "buffered-again aa ours 100",
  ]);
});

test("a subject with a control has three arms per delivery: itself, the control, and the control again", () => {
  const ours = {
    target: target("ours"),
    deliveries: ["streaming", "file"],
    control: target("other"),
  } as const;
  assert.deepEqual(planned([ours]), [
    "streaming treatment ours 100",
    "streaming-control control other 100",
    "streaming-aa aa other 100",
    "file treatment ours 100",
    "file-control control other 100",
    "file-aa aa other 100",
  ]);
});

test("a target with only one way is one arm of its own name, with a control of its own where it has one", () => {
  const api = { target: target("api"), deliveries: [null], control: target("before") };
  const fixed = { target: target("fixed", false), deliveries: [null], control: null };
  assert.deepEqual(planned([api, fixed]), [
    "api treatment api 100",
    "api-control control before 100",
    "api-aa aa before 100",
    // It gives the rows it has, whatever is asked for.
    "fixed treatment fixed 7",
  ]);
});

test("the target that is the control is measured twice, and one alone has nothing to be compared with", () => {
  const one = { target: target("one"), deliveries: [null], control: null };
  const two = { target: target("two"), deliveries: [null], control: null };
  assert.deepEqual(planned([one, two], "two"), [
    "one treatment one 100",
    "two control two 100",
    "two-again aa two 100",
  ]);
  assert.deepEqual(planned([one], "one"), ["one treatment one 100"]);
});

test("another version of a target has the target's name for budgets", () => {
  const api = { target: target("api"), deliveries: [null], control: target("api-control") };
  const arms = planArms([api], { rows: 100, control: null, factsOf: () => facts });
  assert.deepEqual(
    arms.map(({ subject }) => subject),
    ["api", "api", "api"],
  );
});

test("what is known of a target belongs to each of its arms", () => {
  const other = target("other");
  const subjects = [{ target: target("ours"), deliveries: ["streaming"], control: other }] as const;
  const factsOf = (of: Target): TargetFacts => ({ ...facts, exportSeconds: of === other ? 2 : 1 });
  const arms = planArms(subjects, { rows: 100, control: null, factsOf });
  assert.deepEqual(
    arms.map(({ exportSeconds }) => exportSeconds),
    [1, 2, 2],
  );
});
