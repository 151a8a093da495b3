import type { Client, Connection, Submittable } from "pg";
import { toError } from "../../errors.ts";
import type { ExtendedConnection } from "./extended-connection.ts";
import { bindMessage } from "./messages.ts";

/**
 * Has a statement planned with NULL for every parameter, without running it. Unlike describing, planning checks the
 * rights to what the statement reads.
 */
export class PlanStatement implements Submittable {
  readonly #text: string;
  readonly #types: readonly number[];
  readonly #settle: Settle;
  #error: Error | undefined;

  private constructor(text: string, types: readonly number[], settle: Settle) {
    this.#text = text;
    this.#types = types;
    this.#settle = settle;
  }

  /** @throws the database's error, or what cut the connection */
  static async run(client: Client, text: string, types: readonly number[]): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      client.query(new PlanStatement(`EXPLAIN ${text}`, types, { resolve, reject }));
    });
  }

  submit(connection: Connection): void {
    const extended = connection as unknown as ExtendedConnection;
    const nulls = this.#types.map(() => null);
    extended.parse({ text: this.#text, name: "", types: this.#types });
    extended.stream.write(bindMessage(nulls, []));
    extended.execute({ portal: "", rows: 0 });
    extended.sync();
  }

  /** A line of the plan, which nobody reads. */
  handleDataRow(): void {}

  handleCommandComplete(): void {}

  handleError(error: unknown): void {
    this.#error = toError(error);
    this.#settle.reject(this.#error);
  }

  handleReadyForQuery(): void {
    if (this.#error === undefined) this.#settle.resolve();
  }
}

interface Settle {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}
