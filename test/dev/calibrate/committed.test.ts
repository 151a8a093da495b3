import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

/** What a line of the calibration says, read without the code that made the page. */
interface Run {
  readonly kind: string;
  readonly gitSha: string | null;
  readonly build: string;
  readonly verdict: string;
  readonly verdicts: Readonly<Record<string, string>>;
}

const runs = (await readFile(`${root}fixtures/calibration/gate.jsonl`, "utf8"))
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Run);

/** What the gate promises of each kind of run: the metric it finds, and how often at the least and at the most. */
const promises = [
  ["aa", undefined, 0, 0.01],
  ["slow", "streaming.cpu_s_per_mib", 0.95, 1],
  ["heavy", "streaming.peak_rss_over_idle_bytes", 1, 1],
] as const;

for (const [kind, metric, least, most] of promises) {
  test(`the ${kind} runs of the calibration that is kept are as docs/reference/trust.md counts them, and as it promises`, async () => {
    const own = runs.filter((run) => run.kind === kind);
    const found = own.filter(
      ({ verdict, verdicts }) =>
        verdict === "regression" && (metric === undefined || verdicts[metric] === "regression"),
    );
    const page = await readFile(`${root}docs/reference/trust.md`, "utf8");
    const told = new RegExp(`^${kind}: (\\d+) .* in (\\d+) runs, as promised`, "m").exec(page)?.slice(1);
    assert.deepEqual(told?.map(Number), [found.length, own.length]);
    assert.ok(found.length >= own.length * least && found.length <= own.length * most);
  });
}

test("all runs of the calibration that is kept are of one build, of commits that are named", () => {
  assert.equal(new Set(runs.map(({ build }) => build)).size, 1);
  assert.ok(runs.every(({ gitSha }) => gitSha !== null && /^[0-9a-f]{40}$/.test(gitSha)));
});
