import { create } from "xmlbuilder2";
import type { BenchResult, Check, Comparison } from "../result/schema.ts";
import type { Renderer } from "./renderer.ts";
import { subjectText } from "./section/run.ts";
import { comparisonSentence, concludeInWords, gatedComparisons } from "./section/conclusion.ts";

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
 * JUnit XML for a CI system: the run itself, its checks and what was held against a budget, a test case each.
 * A case fails only where the run's own exit code is no zero; what merely informs or can't be decided is skipped.
 */
export const renderJunit: Renderer = (result) => {
  const suites = [runSuite(result), checkSuite(result), ...comparisonSuites(result)].filter(
    ({ cases }) => cases.length > 0,
  );
  const root = create({ version: "1.0", encoding: "UTF-8" }).ele("testsuites", {
    name: allowed(subjectText(result)),
    ...counts(suites.flatMap(({ cases }) => cases)),
  });
  for (const { name, cases } of suites) {
    const suite = root.ele("testsuite", {
      name: allowed(name),
      ...counts(cases),
      timestamp: result.createdAt.replace(/(\.\d+)?Z$/, ""),
    });
    for (const { name: title, state, message } of cases) {
      const node = suite.ele("testcase", { classname: allowed(`stream-csv.${name}`), name: allowed(title) });
      if (state === "skipped") node.ele("skipped", { message: allowed(message) });
      else if (state === "passed") continue;
      else node.ele(state, { message: allowed(message), type: state }).txt(allowed(message));
    }
  }
  return `${root.end({ prettyPrint: true })}\n`;
};

function runSuite(result: BenchResult): Suite {
  return {
    name: "run",
    cases: [{ name: "was measured to its end, and can be trusted", ...runOutcome(result) }],
  };
}

function runOutcome(result: BenchResult): Outcome {
  const { title, sentences } = concludeInWords(result);
  const message = [title, ...sentences].join(". ").replaceAll("..", ".");
  if (result.verdict === "invalid" && result.exitCode !== 1) return { state: "failure", message };
  return result.complete && result.exitCode !== 1
    ? { state: "passed", message }
    : { state: "error", message };
}

function checkSuite(result: BenchResult): Suite {
  const { equal } = result.integrity;
  const integrity: TestCase[] =
    equal === null
      ? []
      : [
          {
            name: "integrity: all deliveries give the same bytes",
            state: equal ? "passed" : "failure",
            message: "The deliveries didn't give the same body.",
          },
        ];
  return { name: "checks", cases: [...integrity, ...result.checks.map((check) => checkCase(check, result))] };
}

function checkCase({ id, ok, observed, expected }: Check, { verdict }: BenchResult): TestCase {
  const message = `${id} is ${String(observed)}, and ${String(expected)} was to be expected.`;
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

function comparisonCase(item: Comparison, { exitCode }: BenchResult): TestCase {
  const isFailure =
    item.verdict === "regression" || (item.verdict === "inconclusive" && exitCode === exitStrictInconclusive);
  const state = isFailure ? "failure" : item.verdict === "pass" ? "passed" : "skipped";
  return {
    name: `${item.metric} of ${item.treatment} against ${item.control}`,
    state,
    message: comparisonSentence(item),
  };
}

/** `--strict` makes a build fail on what can't be decided. */
const exitStrictInconclusive = 3;

function counts(cases: readonly TestCase[]): Readonly<Record<string, number>> {
  const count = (state: Outcome["state"]): number => cases.filter((item) => item.state === state).length;
  return {
    tests: cases.length,
    failures: count("failure"),
    errors: count("error"),
    skipped: count("skipped"),
  };
}

/** XML 1.0 has no place for control characters and lone surrogates, however they are written (section 2.2, Char). */
function allowed(text: string): string {
  return text.replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "\uFFFD");
}
