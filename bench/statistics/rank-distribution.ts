/**
 * P(W ≤ w) for every w from 0 on. W is the sum of the ranks of those of n values that are above zero, when each is so with
 * probability one half: a count of the subsets of the first n whole numbers by their sum.
 */
export function signedRankCumulative(count: number): readonly number[] {
  return cumulative(subsetSums(Array.from({ length: count }, (_, index) => index + 1)));
}

/**
 * P(W ≥ sum) when each of these ranks counts with probability one half: the exact distribution with ties, where tied
 * values share the mean of their ranks (Streitberg and Röhmel's shift algorithm).
 * @param doubledRanks twice the ranks, because a shared one may end in a half
 */
export function upperTail(doubledRanks: readonly number[], doubledSum: number): number {
  return subsetSums(doubledRanks)
    .subarray(doubledSum)
    .reduce((total, share) => total + share, 0);
}

/**
 * P(U ≤ u) for every u from 0 on. U is the number of pairs in which the value of the first of two samples is the higher
 * one, when both have the same distribution. By Mann and Whitney's recurrence: the highest of all values is either in the
 * first sample, and then higher than all of the second, or in the second.
 */
export function rankSumCumulative(first: number, second: number): readonly number[] {
  // One row per size of the second sample, for the size of the first sample reached so far.
  let rows = Array.from({ length: second + 1 }, () => Float64Array.of(1));
  for (let ours = 1; ours <= first; ours += 1) {
    let shorter = Float64Array.of(1);
    rows = rows.map((fewer, theirs) => {
      const shares = new Float64Array(ours * theirs + 1);
      const all = ours + theirs;
      for (const [sum, share] of fewer.entries()) shares[sum + theirs] = (share * ours) / all;
      if (theirs > 0) {
        for (const [sum, share] of shorter.entries())
          shares[sum] = (shares[sum] ?? 0) + (share * theirs) / all;
      }
      shorter = shares;
      return shares;
    });
  }
  return cumulative(rows[second] ?? Float64Array.of(1));
}

/** How probable each sum is. */
function subsetSums(ranks: readonly number[]): Float64Array {
  const largest = ranks.reduce((sum, rank) => sum + rank, 0);
  const share = new Float64Array(largest + 1);
  share[0] = 1;
  for (const rank of ranks) {
    // From the top down, so that each rank is used at most once; halved at every step, so that nothing overflows.
    for (let sum = largest; sum >= 0; sum -= 1) {
      share[sum] = ((share[sum] ?? 0) + (sum >= rank ? (share[sum - rank] ?? 0) : 0)) / 2;
    }
  }
  return share;
}

function cumulative(shares: Float64Array): readonly number[] {
  let total = 0;
  return Array.from(shares, (share) => (total += share));
}
