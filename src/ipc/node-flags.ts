/**
 * Node flags of every worker and builder.
 *
 * The young generation has a fixed, small size, because it determines much of a stream's peak memory. A larger one
 * would accumulate megabytes of garbage that lives for one chunk only. All deliveries use the same size.
 */
export const nodeFlags: readonly string[] = ["--max-semi-space-size=1"];

/** Node flags of workers, which write warnings to their log instead of stderr. */
export const workerFlags: readonly string[] = [...nodeFlags, "--no-warnings"];
