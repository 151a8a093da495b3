import type { BenchResult, Check, Comparison } from "../result/result.ts";
import { markup, type Markup } from "./markup.ts";
import type { Renderer } from "./renderer.ts";
import { comparisonSentence, gatedComparisons } from "./section/comparison-sentence.ts";
import { conclusionOf } from "./section/conclusion.ts";
import { subjectText } from "./section/run.ts";

/** What became of a test case. */
interface Outcome {
  readonly state: "passed" | "failure" | "error" | "skipped";
  readonly message: string;
}

interface TestCase extends Outcome {
  readonly name: string;
}

interface Suite {
  readonly name: string;
  readonly cases: readonly TestCase[];
}

/**
 * JUnit XML for a CI system: a test case for the run itself, for each check and for each comparison with a budget.
 * A case fails only when the exit code of the run isn't zero; what only informs or can't be decided is skipped.
 */
export const renderJunit: Renderer = (result) => {
  const suites = [runSuite(result), checkSuite(result), ...comparisonSuites(result)].filter(
    ({ cases }) => cases.length > 0,
  );
  const all = suites.flatMap(({ cases }) => cases);
  return markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${subjectText(result)}" ${counts(all)}>${suites.map((suite) => suiteXml(suite, result))}
</testsuites>
`.text;
};

function suiteXml({ name, cases }: Suite, { createdAt }: BenchResult): Markup {
  return markup`
  <testsuite name="${name}" ${counts(cases)} timestamp="${createdAt.replace(/(\.\d+)?Z$/, "")}">${cases.map(
    (item) => caseXml(name, item),
  )}
  </testsuite>`;
}

function caseXml(suite: string, { name, state, message }: TestCase): Markup {
  const start = markup`
    <testcase classname="stream-csv.${suite}" name="${name}"`;
  if (state === "passed") return markup`${start}/>`;
  const outcome =
    state === "skipped"
      ? markup`<skipped message="${message}"/>`
      : markup`<${state} message="${message}" type="${state}">${message}</${state}>`;
  return markup`${start}>
      ${outcome}
    </testcase>`;
}

function counts(cases: readonly TestCase[]): Markup {
  const count = (state: Outcome["state"]): number => cases.filter((item) => item.state === state).length;
  return markup`tests="${cases.length}" failures="${count("failure")}" errors="${count("error")}" skipped="${count("skipped")}"`;
}

function runSuite(result: BenchResult): Suite {
  return {
    name: "run",
    cases: [{ name: "the run was complete and its numbers can be trusted", ...runOutcome(result) }],
  };
}

function runOutcome(result: BenchResult): Outcome {
  const { title, sentences } = conclusionOf(result);
  const message = [`${title}.`, ...sentences].join(" ");
  if (result.verdict === "invalid" && result.exitCode !== 1) return { state: "failure", message };
  return { state: result.complete && result.exitCode !== 1 ? "passed" : "error", message };
}

function checkSuite(result: BenchResult): Suite {
  const { equal } = result.integrity;
  const integrity: TestCase = {
    name: "integrity: all deliveries give the same bytes",
    state: equal === false ? "failure" : "passed",
    message: "The deliveries gave different bodies.",
  };
  const checks = result.checks.map((check) => checkCase(check, result));
  return { name: "checks", cases: equal === null ? checks : [integrity, ...checks] };
}

function checkCase({ id, ok, observed, expected }: Check, { verdict }: BenchResult): TestCase {
  const message = `${id} is ${String(observed)}, but ${String(expected)} was expected.`;
  if (ok) return { name: id, state: "passed", message };
  return { name: id, state: verdict === "invalid" ? "failure" : "skipped", message };
}

function comparisonSuites(result: BenchResult): readonly Suite[] {
  const gated = gatedComparisons(result);
  return [...new Set(gated.map(({ scenario }) => scenario))].map((name) => ({
    name,
    cases: gated.filter(({ scenario }) => scenario === name).map((item) => comparisonCase(item, result)),
  }));
}

/** `--strict` makes a build fail by this exit code when nothing is worse but something can't be decided. */
const exitInconclusive = 3;

function comparisonCase(item: Comparison, { exitCode }: BenchResult): TestCase {
  const isFailure =
    item.verdict === "regression" || (item.verdict === "inconclusive" && exitCode === exitInconclusive);
  return {
    name: `${item.metric} of ${item.treatment} compared with ${item.control}`,
    state: isFailure ? "failure" : item.verdict === "pass" ? "passed" : "skipped",
    message: comparisonSentence(item),
  };
}
