/** A queue of jobs that arrive at random, with exponentially distributed making times and equal slots: M/M/c. */
export interface ExponentialQueue {
  readonly jobsPerSecond: number;
  readonly meanMakingSeconds: number;
  readonly slots: number;
}

/** How long jobs wait in the long run. */
export interface TheoreticalWait {
  /** The share of jobs that wait at all. */
  readonly delayedShare: number;
  readonly meanSeconds: number;
  readonly p95Seconds: number;
}

/**
 * The waits of M/M/c by Erlang's C formula, computed from the recurrence of his B formula, which doesn't overflow.
 * @throws RangeError when more jobs arrive than the slots can make
 */
export function erlangC({ jobsPerSecond, meanMakingSeconds, slots }: ExponentialQueue): TheoreticalWait {
  const offered = jobsPerSecond * meanMakingSeconds;
  if (offered >= slots) throw new RangeError(`${slots} slots can't make a load of ${offered} jobs.`);
  let blocked = 1;
  for (let count = 1; count <= slots; count += 1) blocked = (offered * blocked) / (count + offered * blocked);
  const delayedShare = blocked / (1 - (offered / slots) * (1 - blocked));
  // A job that waits, waits for an exponentially distributed time with this mean.
  const meanOfDelayed = meanMakingSeconds / (slots - offered);
  return {
    delayedShare,
    meanSeconds: delayedShare * meanOfDelayed,
    p95Seconds: Math.max(0, meanOfDelayed * Math.log(delayedShare / 0.05)),
  };
}
