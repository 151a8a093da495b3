import type { Duplex } from "node:stream";

/** What pg's connection can do beyond what its types say: single messages of the extended protocol. */
export interface ExtendedConnection {
  readonly stream: Duplex;
  parse(statement: { readonly text: string; readonly name: string; readonly types: readonly number[] }): void;
  describe(what: { readonly type: "P" | "S"; readonly name: string }): void;
  execute(portal: { readonly portal: string; readonly rows: number }): void;
  sync(): void;
}

/** A field of a RowDescription, as pg gives it. */
export interface DescribedField {
  readonly name: string;
  readonly dataTypeID: number;
  readonly dataTypeModifier: number;
}
