import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { toolEnvironment } from "../../bench/subject/process/run-tool.ts";

/** A step of the action. */
export interface ActionStep {
  readonly name?: string;
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly runs: { readonly steps: readonly ActionStep[] };
}

/** The top of this checkout. */
export const checkout = fileURLToPath(new URL("../../../", import.meta.url));
export const action = parse(readFileSync(join(checkout, "action.yml"), "utf8")) as Action;

/** The shell script of a step, as the runner executes it. */
export function scriptOf(name: string): string {
  const script = action.runs.steps.find((step) => step.name === name)?.run;
  assert.ok(script !== undefined, `action.yml has no step "${name}" with a script`);
  return script;
}

/** What a script came to. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script as the runner does: it ends at the first command that fails. */
export function bash(script: string, env: Readonly<Record<string, string>>, cwd = checkout): Ended {
  const options = { cwd, env: { ...toolEnvironment(process.env), ...env }, encoding: "utf8" } as const;
  return spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], options);
}

/** Where and for what the action runs. */
export interface ActionRun {
  /** The checkout of the pull request. */
  readonly workspace: string;
  /** An empty folder for what the runner keeps. */
  readonly temporary: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly baseSha: string;
  /** Variables beside those of the runner. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What the action came to. */
export interface ActionOutcome extends Ended {
  /** The name of the step that failed; null when none did. */
  readonly failedStep: string | null;
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly summary: string;
  /** The `with` of the steps that use other actions, and so did not run here, by the name of the action. */
  readonly uses: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * Runs the steps of the action one after the other, as the runner does, until one fails. Steps that use another action
 * are only noted, with their inputs filled in.
 */
export function runAction({ workspace, temporary, inputs, baseSha, env = {} }: ActionRun): ActionOutcome {
  const outputs: Record<string, Record<string, string>> = {};
  const uses: Record<string, Record<string, string>> = {};
  const summary = join(temporary, "summary.md");
  writeFileSync(summary, "");
  const given = Object.fromEntries(
    Object.entries(action.inputs).map(([name, { default: usual }]) => [name, inputs[name] ?? usual]),
  );
  const values: Readonly<Record<string, string>> = {
    "github.event.pull_request.base.sha || github.event.merge_group.base_sha": baseSha,
    // Of an action that is used by its path.
    "github.action_repository": "",
    "github.job": "gate",
    "strategy.job-index": "1",
    "github.run_attempt": "2",
  };
  const filled = (text: string): string =>
    text.replaceAll(/\$\{\{ *(.*?) *\}\}/g, (_, expression: string) => {
      const [, kind, first = "", second = ""] =
        /^(inputs|steps)\.([\w-]+)(?:\.outputs\.([\w-]+))?$/.exec(expression) ?? [];
      if (kind === "inputs") return given[first] ?? "";
      if (kind === "steps") return outputs[first]?.[second] ?? "";
      const value = values[expression];
      assert.ok(value !== undefined, `the expression "${expression}" is not known here`);
      return value;
    });
  const filledAll = (record: Readonly<Record<string, string>> = {}): Record<string, string> =>
    Object.fromEntries(Object.entries(record).map(([name, value]) => [name, filled(value)]));

  let all: Ended = { status: 0, stdout: "", stderr: "" };
  let failedStep: string | null = null;
  for (const step of action.runs.steps) {
    if (step.run === undefined) {
      uses[step.uses?.split("@")[0] ?? ""] = filledAll(step.with);
      continue;
    }
    if (failedStep !== null) continue;
    const output = join(temporary, "output");
    writeFileSync(output, "");
    const ended = bash(
      step.run,
      {
        GITHUB_ACTION_PATH: `${checkout}./`,
        GITHUB_EVENT_NAME: "pull_request",
        GITHUB_OUTPUT: output,
        GITHUB_SHA: "",
        GITHUB_STEP_SUMMARY: summary,
        GITHUB_WORKSPACE: workspace,
        RUNNER_TEMP: temporary,
        ...env,
        ...filledAll(step.env),
      },
      workspace,
    );
    all = { status: ended.status, stdout: all.stdout + ended.stdout, stderr: all.stderr + ended.stderr };
    const lines = readFileSync(output, "utf8").split("\n").filter(Boolean);
    outputs[step.id ?? ""] = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s, 2)));
    if (ended.status !== 0) failedStep = step.name ?? "";
  }
  return { ...all, failedStep, outputs, summary: readFileSync(summary, "utf8"), uses };
}
