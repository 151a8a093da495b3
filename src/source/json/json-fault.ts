/** A fault in a JSON text, with its position in the present bytes. The reader of the file makes a complete error from it. */
export class JsonFault extends Error {
  override readonly name = "JsonFault";
  readonly at: number;

  /** @param reason a sentence without its end */
  constructor(at: number, reason: string) {
    super(reason);
    this.at = at;
  }
}
