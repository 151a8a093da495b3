/** A database, and how much of it is used. */
export interface DatabaseSettings {
  /** `postgres://user:password@host:port/database`, as libpq takes it. */
  readonly url: string;
  /** Connections at the most. @default 4 */
  readonly connections?: number;
  /** How many readings may wait for a connection. @default 64 */
  readonly queue?: number;
  /** How long they wait, in milliseconds. @default 30,000 */
  readonly queueTimeoutMs?: number;
  /** How long a statement may take, in milliseconds, clients that read slowly among it; 0 for no limit. @default 0 */
  readonly statementTimeoutMs?: number;
  /** A role to take in each transaction. */
  readonly role?: string;
}
