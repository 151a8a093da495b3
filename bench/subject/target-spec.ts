/** A target whose settings are checked: flags and configuration both end in it. */
export interface TargetSpec {
  readonly name: string;
  readonly command: string | null;
  /** With `{port}` and `{rows}`, and without user and password. */
  readonly url: string;
  readonly method: string;
  /** With the user and password of the address, as Basic. Values are never shown. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly cwd: string | null;
  readonly env: Readonly<Record<string, string>>;
  readonly setup: string | null;
  readonly ready: string;
  /** undefined: `/ping` where it gives a short answer; null: none. */
  readonly ping: string | null | undefined;
  readonly stats: string | null;
  readonly readyTimeoutMs: number;
  /** The most rows it has; null when that is to be found out. */
  readonly mostRows: number | null;
}
