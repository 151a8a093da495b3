import { shuffled, type Random } from "../statistics/random.ts";

/**
 * An order of the arms for each round, balanced: in every full block of as many rounds as there are arms, each arm has
 * each position once, so that a machine that warms up or slows down affects all alike. With an even number of arms each
 * also follows each other arm once (a Williams square), so that what an arm leaves behind affects all alike, too.
 * Without arms there are no orders.
 */
export function balancedOrders<Arm>(
  arms: readonly Arm[],
  rounds: number,
  random: Random,
): readonly (readonly Arm[])[] {
  if (arms.length === 0) return [];
  const orders: (readonly Arm[])[] = [];
  while (orders.length < rounds) orders.push(...square(arms, random));
  return orders.slice(0, rounds);
}

/** One block: a zigzag through the arms, shifted by one from row to row, with names and rows shuffled. */
function square<Arm>(arms: readonly Arm[], random: Random): (readonly Arm[])[] {
  const mixed = shuffled(arms, random);
  const count = arms.length;
  // 0, 1, n − 1, 2, n − 2, …: the differences between neighbors are all different.
  const zigzag = mixed.map((_, position) =>
    position % 2 === 1 ? (position + 1) / 2 : (count - position / 2) % count,
  );
  const rows = mixed.map((_, shift) =>
    zigzag.flatMap((index) => mixed.slice((index + shift) % count).slice(0, 1)),
  );
  return shuffled(rows, random);
}
