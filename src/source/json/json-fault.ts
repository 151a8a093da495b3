/** What is wrong with a JSON text, and at which of the bytes being looked at; who reads the file makes a whole error of it. */
export class JsonFault extends Error {
  override readonly name = "JsonFault";
  readonly at: number;

  /** @param reason a sentence without its end */
  constructor(at: number, reason: string) {
    super(reason);
    this.at = at;
  }
}
