/** Adds to a RangeError the code that all wrong arguments have. */
export function withRangeCode<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof RangeError ? Object.assign(error, { code: "SCSV_ARG_RANGE" }) : error;
  }
}
