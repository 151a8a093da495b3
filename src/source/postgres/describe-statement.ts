import type { Connection, Client, Submittable } from "pg";
import { StreamCsvError, toError } from "../../errors.ts";
import type { ResultColumn } from "./result-reader.ts";
import type { DescribedField, ExtendedConnection } from "./extended-connection.ts";

/** Has a statement parsed and described under no name, without running it. */
export class DescribeStatement implements Submittable {
  readonly #text: string;
  readonly #types: readonly number[];
  readonly #settle: PromiseWithResolvers;
  #columns: readonly ResultColumn[] = [];
  #error: Error | undefined;

  private constructor(text: string, types: readonly number[], settle: PromiseWithResolvers) {
    this.#text = text;
    this.#types = types;
    this.#settle = settle;
  }

  /**
   * The columns of a statement's result.
   * @throws the database's error, or what cut the connection
   */
  static async run(client: Client, text: string, types: readonly number[]): Promise<readonly ResultColumn[]> {
    return await new Promise((resolve, reject) => {
      client.query(new DescribeStatement(text, types, { resolve, reject }));
    });
  }

  submit(connection: Connection): void {
    const extended = connection as unknown as ExtendedConnection;
    extended.parse({ text: this.#text, name: "", types: this.#types });
    extended.describe({ type: "S", name: "" });
    extended.sync();
  }

  handleRowDescription({ fields }: { readonly fields: readonly DescribedField[] }): void {
    this.#columns = fields.map(({ name, dataTypeID, dataTypeModifier }) => {
      return { name, typeId: dataTypeID, modifier: dataTypeModifier };
    });
  }

  handleError(error: unknown): void {
    this.#error = toError(error);
    this.#settle.reject(this.#error);
  }

  handleReadyForQuery(): void {
    if (this.#error === undefined) this.#settle.resolve(this.#columns);
  }

  handleDataRow(): void {
    this.handleError(new StreamCsvError("SCSV_INTERNAL", "A statement that was described gave a row."));
  }
}

interface PromiseWithResolvers {
  readonly resolve: (columns: readonly ResultColumn[]) => void;
  readonly reject: (error: Error) => void;
}
