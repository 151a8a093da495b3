import type { Client, Connection, Submittable } from "pg";
import { toError } from "../../errors.ts";
import type { ExtendedConnection } from "./extended-connection.ts";
import { bindMessage } from "./messages.ts";

/** A statement, the types of its parameters, and their values. */
interface BoundStatement {
  readonly text: string;
  /** OIDs; 0 where the statement tells the type. */
  readonly types: readonly number[];
  readonly values: readonly (string | null)[];
}

/** Asks how a statement is planned, which doesn't run it. PostgreSQL plans it when the question is executed, not when it is bound. */
export class PlanStatement implements Submittable {
  readonly #statement: BoundStatement;
  readonly #isExecuted: boolean;
  readonly #settle: Settle;
  readonly #lines: string[] = [];
  #error: Error | undefined;

  private constructor(statement: BoundStatement, isExecuted: boolean, settle: Settle) {
    this.#statement = statement;
    this.#isExecuted = isExecuted;
    this.#settle = settle;
  }

  /**
   * Plans with NULL for every parameter. Unlike describing, that checks the rights to what the statement reads.
   * @returns the lines of the plan
   * @throws the database's error, or what cut the connection
   */
  static async run(client: Client, text: string, types: readonly number[]): Promise<readonly string[]> {
    return await PlanStatement.#submit(client, { text, types, values: types.map(() => null) }, true);
  }

  /**
   * Has values bound and nothing else.
   * @throws the database's error, which is that of a value when the statement is right; what cut the connection
   */
  static async bind(client: Client, statement: BoundStatement): Promise<void> {
    await PlanStatement.#submit(client, statement, false);
  }

  static async #submit(
    client: Client,
    statement: BoundStatement,
    isExecuted: boolean,
  ): Promise<readonly string[]> {
    return await new Promise((resolve, reject) => {
      client.query(new PlanStatement(statement, isExecuted, { resolve, reject }));
    });
  }

  submit(connection: Connection): void {
    const extended = connection as unknown as ExtendedConnection;
    const { text, types, values } = this.#statement;
    extended.parse({ text: `EXPLAIN ${text}`, name: "", types });
    extended.stream.write(bindMessage(values, []));
    if (this.#isExecuted) extended.execute({ portal: "", rows: 0 });
    extended.sync();
  }

  handleDataRow({ fields }: { readonly fields: readonly unknown[] }): void {
    this.#lines.push(String(fields[0]));
  }

  handleCommandComplete(): void {}

  handleError(error: unknown): void {
    this.#error = toError(error);
    this.#settle.reject(this.#error);
  }

  handleReadyForQuery(): void {
    if (this.#error === undefined) this.#settle.resolve(this.#lines);
  }
}

interface Settle {
  readonly resolve: (lines: readonly string[]) => void;
  readonly reject: (error: Error) => void;
}
