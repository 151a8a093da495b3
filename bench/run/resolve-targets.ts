import { deliveries as allDeliveries } from "../../src/ground.ts";
import { idsOf } from "../session/arm.ts";
import type { TargetSettings, TargetSpec } from "../subject/target-spec.ts";
import { parseTarget, parseTargetPlace, checkTarget } from "../subject/target-settings.ts";
import { parseAgainst, parseGitAgainst } from "../subject/version/parse-against.ts";
import type { BenchConfig, BenchTarget } from "./config.ts";
import { ownName, type RunAgainst } from "./settings.ts";

/**
 * The targets of a run, from texts and objects alike. What is said of all targets holds where a target says nothing of
 * its own; header fields of both are sent.
 * @throws RangeError that names the target and the setting, and says what to write
 */
export function resolveTargets({
  targets = [],
  targetDefaults = {},
}: Pick<BenchConfig, "targets" | "targetDefaults">): readonly TargetSpec[] {
  const specs: TargetSpec[] = [];
  for (const given of targets) {
    const { name, settings } = typeof given === "string" ? parseTarget(given) : namedSettings(given);
    const headers = mergedHeaders(targetDefaults.headers, settings.headers);
    const taken = [...allDeliveries, ...specs.map((spec) => spec.name)].flatMap(idsOf);
    specs.push(checkTarget(name, { ...targetDefaults, ...settings, headers }, [...taken, ownName]));
  }
  return specs;
}

/** Header fields of both; those of the target win. Their names don't depend on case (RFC 9110, section 5.1). */
function mergedHeaders(
  defaults: TargetSettings["headers"] = {},
  own: TargetSettings["headers"] = {},
): NonNullable<TargetSettings["headers"]> {
  const taken = new Set(Object.keys(own).map((field) => field.toLowerCase()));
  const others = Object.entries(defaults).filter(([field]) => !taken.has(field.toLowerCase()));
  return { ...Object.fromEntries(others), ...own };
}

function namedSettings({ name, ...settings }: BenchTarget): {
  readonly name: string;
  readonly settings: TargetSettings;
} {
  return { name, settings };
}

/**
 * What a run is compared with: a version of the targets where there are any, else of our own server.
 * @throws RangeError that quotes the text and says what to write
 */
export function resolveAgainst(text: string, targets: readonly TargetSpec[]): RunAgainst {
  const [target, ...others] = targets;
  if (target === undefined) return { ...parseAgainst(text), of: "deliveries" };
  const git = parseGitAgainst(text);
  if (git !== null) {
    const running = targets.find(({ command }) => command === null);
    if (running === undefined) return { ...git, of: "targets" };
    throw new RangeError(
      `--against ${git.name} starts the target "${running.name}" of that version, and its command is not known: write ${running.name}='COMMAND @ URL', or --against URL.`,
    );
  }
  if (others.length > 0) {
    throw new RangeError(
      `--against "${text}" is another version of one target, and there are ${targets.length}: ${targets.map(({ name }) => name).join(", ")}. Measure one of them, or use --against git:REF.`,
    );
  }
  const place = parseTargetPlace(text);
  // A program is rarely one word without a slash, and a version always is.
  if (
    place.url === undefined &&
    target.command?.includes("{port}") === true &&
    /^[\w.~^-]+$/.test(text.trim())
  ) {
    throw new RangeError(
      `--against "${text}" is neither a command with {port} nor an address. For a commit, tag or branch write --against git:${text.trim()}.`,
    );
  }
  const spec = checkTarget(
    `${target.name}-control`,
    { ...settingsBeside(target, place), ...placeBeside(place, target) },
    [],
  );
  return { of: "targets", kind: "target", name: "the other version", spec };
}

/** A command without an address is asked where the target is; an address alone runs already. */
function placeBeside(
  { command, url }: Pick<TargetSettings, "command" | "url">,
  target: TargetSpec,
): Pick<TargetSettings, "command" | "url"> {
  if (command === undefined) return url === undefined ? {} : { url };
  return { command, url: url ?? target.url };
}

/** What another version has in common with a target; credentials in its own address take the place of the target's. */
function settingsBeside(target: TargetSpec, { url }: Pick<TargetSettings, "url">): TargetSettings {
  const settings = settingsOf(target);
  if (url === undefined || !/:\/\/[^/@]*@/.test(url)) return settings;
  const others = Object.entries(target.headers).filter(([field]) => field.toLowerCase() !== "authorization");
  return { ...settings, headers: Object.fromEntries(others) };
}

/** What another version has in common with a target. */
function settingsOf(target: TargetSpec): TargetSettings {
  const { method, headers, body, cwd, env, ready, ping, stats, readyTimeoutMs, mostRows } = target;
  return {
    method,
    headers,
    env,
    ready,
    stats,
    readyTimeout: readyTimeoutMs,
    ...(ping === undefined ? {} : { ping }),
    ...(body === null ? {} : { body }),
    ...(cwd === null ? {} : { cwd }),
    ...(mostRows === null ? {} : { rows: mostRows }),
  };
}
