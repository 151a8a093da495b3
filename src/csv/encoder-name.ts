/** `fast`, or `csv-stringify`: the general encoder, many times slower, and the reference. */
export type EncoderName = "fast" | "csv-stringify";

/** The names of the encoders, the default one first. */
export const encoderNames: readonly EncoderName[] = ["fast", "csv-stringify"];
