import { deliveries as allDeliveries } from "../../src/ground.ts";
import { parseBudget } from "../gate/budget/budget.ts";
import { readBudgets } from "../gate/budget/read-budgets.ts";
import { parseAgainst } from "../subject/version/parse-against.ts";
import type { BenchConfig } from "./config.ts";
import { chosenFrom } from "./require.ts";
import type { RunSettings } from "./settings.ts";

/** The only scenario whose rounds are judged. */
export const gatingScenario = "export";

/** What a run is compared with, and by which budgets. */
export interface GateSettings extends Pick<RunSettings, "against" | "baseline" | "budgets" | "deliveries"> {
  readonly isGating: boolean;
}

/**
 * Fills in what concerns the verdict of a run.
 * @throws RangeError whose message names the option, quotes the value and lists what is allowed
 */
export function resolveGate(config: BenchConfig): GateSettings {
  const { baseline = null, budgets = [] } = config;
  const isGating = typeof config.against === "string" || baseline !== null;
  // A text that is not a budget at all is reported first.
  for (const budget of budgets) parseBudget(budget);
  if (isGating) requireGatable(config);
  else requireNothingToGate(config);
  const against = typeof config.against === "string" ? parseAgainst(config.against) : null;
  const usual =
    against !== null ? ["streaming"] : baseline !== null ? ["streaming", "buffered"] : allDeliveries;
  const deliveries = chosenFrom("delivery", config.deliveries ?? usual, allDeliveries);
  if (!isGating) return { isGating, against, baseline, budgets: [], deliveries };
  // Compared with a baseline, the buffered delivery is what the others are divided by, so it has no default budgets.
  const gated = against === null ? deliveries.filter((delivery) => delivery !== "buffered") : deliveries;
  const ofDefaults = budgets.length === 0 && gated.length > 0 ? gated : deliveries;
  return { isGating, against, baseline, budgets: readBudgets(budgets, ofDefaults), deliveries };
}

function requireGatable({ against = null, baseline = null, scenarios, targets = [] }: BenchConfig): void {
  if (against !== null && baseline !== null) {
    throw new RangeError(
      "A run is compared with --against or with --baseline, not with both: leave one out.",
    );
  }
  if (scenarios !== undefined && !scenarios.includes(gatingScenario)) {
    throw new RangeError(
      `A run that gates needs the scenario ${gatingScenario}: add --scenario ${gatingScenario}.`,
    );
  }
  if (against !== null && targets.length > 0) {
    throw new RangeError(
      "--target can't be used in a run against another version: leave it out, or leave out --against.",
    );
  }
}

function requireNothingToGate({ isStrict = false, budgets = [] }: BenchConfig): void {
  const remedy = "add --against git:REF, --against COMMAND or --baseline FILE.";
  if (isStrict) {
    throw new RangeError(
      `--strict fails a run whose budgets can't be decided, and this run has nothing to decide: ${remedy}`,
    );
  }
  if (budgets.length > 0) {
    throw new RangeError(`The budget "${budgets[0]}" has nothing to be compared with: ${remedy}`);
  }
}
