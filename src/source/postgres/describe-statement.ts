import type { Connection, Client, Submittable } from "pg";
import { StreamCsvError, toError } from "../../errors.ts";
import type { ResultColumn } from "./result-reader.ts";
import type { DescribedField, ExtendedConnection } from "./extended-connection.ts";

/** What a statement gives and takes. */
export interface StatementDescription {
  readonly columns: readonly ResultColumn[];
  /** OIDs of the types of its parameters, with those that the statement decided. */
  readonly parameterTypes: readonly number[];
}

interface ParameterDescription {
  readonly dataTypeIDs: readonly number[];
}

/** Has a statement parsed and described under no name, without running it. */
export class DescribeStatement implements Submittable {
  readonly #text: string;
  readonly #types: readonly number[];
  readonly #settle: PromiseWithResolvers;
  #columns: readonly ResultColumn[] = [];
  #parameterTypes: readonly number[] = [];
  #forget = (): void => {};
  #error: Error | undefined;

  private constructor(text: string, types: readonly number[], settle: PromiseWithResolvers) {
    this.#text = text;
    this.#types = types;
    this.#settle = settle;
  }

  /**
   * The columns of a statement's result, and the types of its parameters.
   * @throws the database's error, or what cut the connection
   */
  static async run(client: Client, text: string, types: readonly number[]): Promise<StatementDescription> {
    return await new Promise((resolve, reject) => {
      client.query(new DescribeStatement(text, types, { resolve, reject }));
    });
  }

  submit(connection: Connection): void {
    const extended = connection as unknown as ExtendedConnection;
    // pg hands no query the description of its parameters; its connection tells everybody who listens.
    const onParameters = ({ dataTypeIDs }: ParameterDescription): void => {
      this.#parameterTypes = dataTypeIDs;
    };
    connection.on("parameterDescription", onParameters);
    this.#forget = () => connection.off("parameterDescription", onParameters);
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
    this.#forget();
    this.#error = toError(error);
    this.#settle.reject(this.#error);
  }

  handleReadyForQuery(): void {
    this.#forget();
    if (this.#error === undefined)
      this.#settle.resolve({ columns: this.#columns, parameterTypes: this.#parameterTypes });
  }

  handleDataRow(): void {
    this.handleError(new StreamCsvError("SCSV_INTERNAL", "A statement that was described gave a row."));
  }
}

interface PromiseWithResolvers {
  readonly resolve: (description: StatementDescription) => void;
  readonly reject: (error: Error) => void;
}
