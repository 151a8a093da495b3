/** How long a quick run measures, so that all of it takes less than a minute. */
export const quickMs = 53_000;

/** The most of that time which is kept for scenarios that come later. */
export const laterShare = 0.4;
