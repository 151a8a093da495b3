/**
 * Encodes the same orders in several ways, alternating in one process, and prints how they compare. It uses ratios of
 * CPU time within a round, because other programs affect CPU time less than elapsed time.
 *
 *     node dist/dev/micro/encode.js [rows] [rounds]
 */
import { isDeepStrictEqual } from "node:util";
import { parse } from "csv-parse/sync";
import { compareRounds } from "../../bench/statistics/compare.ts";
import { median } from "../../bench/statistics/median.ts";
import { contenders, type Contender } from "./encoders.ts";
import { orderRows } from "./order-rows.ts";

const rows = Number(process.argv[2] ?? 20_000);
const rounds = Number(process.argv[3] ?? 9);
const warmUpRounds = 3;

const all = contenders(await orderRows(rows));
const texts = await Promise.all(all.map(async ({ run }) => Buffer.concat(await run())));
checkAgreement();

/** Microseconds of CPU time, by contender and round. */
const taken = all.map((): number[] => []);
for (let round = -warmUpRounds; round < rounds; round += 1) {
  // Reversed order in every other round, so that none always follows the same one.
  const order = all.map((_, index) => (round % 2 === 0 ? index : all.length - 1 - index));
  for (const index of order) {
    const before = process.cpuUsage();
    await all[index]?.run();
    const { user, system } = process.cpuUsage(before);
    if (round >= 0) taken[index]?.push(user + system);
  }
}

const isObjects = ({ name }: Contender): boolean => name.endsWith("objects");
process.stdout.write(
  `${rows} orders, ${rounds} rounds, Node ${process.versions.node}; seconds are of processor time\n`,
);
for (const [index, contender] of all.entries()) {
  const microseconds = median(taken[index] ?? []) ?? Number.NaN;
  const control = isObjects(contender) ? 1 : 0;
  process.stdout.write(
    `${[
      contender.name.padEnd(30),
      `${(rows / microseconds).toFixed(2)} Mrow/s`.padStart(14),
      `${((texts[index]?.length ?? 0) / microseconds).toFixed(0)} MB/s`.padStart(10),
      ratioText(index, 0).padStart(22),
      control === 0 ? "" : `${ratioText(index, control)} with objects`.padStart(36),
    ].join("")}\n`,
  );
}

/** The speed relative to another contender, with the interval of the rounds' ratios. */
function ratioText(index: number, control: number): string {
  const pairs = (taken[index] ?? []).map((own, round) => ({
    treatment: taken[control]?.[round] ?? 0,
    control: own,
  }));
  const estimate = compareRounds(pairs);
  if (estimate === null) return "not measured";
  return `${estimate.ratio.toFixed(1)} × (${estimate.low.toFixed(1)} to ${estimate.high.toFixed(1)})`;
}

/** A contender that writes other text can't be compared. */
function checkAgreement(): void {
  const values = parse(texts[0] ?? "");
  const typedText = texts[all.findIndex(({ agrees }) => agrees === "typed bytes")];
  for (const [index, { name, agrees }] of all.entries()) {
    const text = texts[index] ?? Buffer.alloc(0);
    const isSame =
      agrees === "values"
        ? isDeepStrictEqual(parse(text), values)
        : text.equals((agrees === "bytes" ? texts[0] : typedText) ?? text);
    if (!isSame) throw new Error(`${name} writes other ${agrees} than csv-stringify.`);
  }
}
