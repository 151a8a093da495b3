/**
 * Flags every worker and builder runs with.
 *
 * The young generation's size is fixed, the same for every delivery, since it decides much of a stream's peak memory: a
 * generous one lets garbage of megabytes pile up that lives for one chunk only.
 */
export const nodeFlags: readonly string[] = ["--max-semi-space-size=1"];

/** Flags of workers alone: they tell of warnings in their log. */
export const workerFlags: readonly string[] = [...nodeFlags, "--no-warnings"];
