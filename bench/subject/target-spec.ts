/**
 * What can be said of a target beside its name, in flags and in the configuration (`bench.targets.NAME`). Texts may hold `{port}` and
 * `{rows}` where a target says so.
 */
export interface TargetSettings {
  /** A line for the shell that starts it; absent for a server that runs already. */
  readonly command?: string | undefined;
  /** The address of its export. @default `http://127.0.0.1:{port}/` for a command */
  readonly url?: string | undefined;
  /** @default GET, or POST with a body */
  readonly method?: string | undefined;
  /** Header fields of every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The body of a request for an export; `{rows}` is replaced in it. */
  readonly body?: string | undefined;
  /** The folder its command runs in, and its setup. */
  readonly cwd?: string | undefined;
  /** Variables of its command, beside those of this process. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** A line for the shell that prepares it, such as a build: in a version of `--against`, and here. */
  readonly setup?: string | undefined;
  /** The path that answers with a status below 500 when it is ready. @default the ping path, or /ping */
  readonly ready?: string | undefined;
  /** The path of a short request; null for none. @default /ping, where that gives a short answer */
  readonly ping?: string | null | undefined;
  /** The path where it reports inside numbers; null for none. @default /stats, where that is reported */
  readonly stats?: string | null | undefined;
  /** How long it may take to be ready: a duration, or milliseconds. @default 15s */
  readonly readyTimeout?: string | number | undefined;
  /** The most rows it has; no more are asked for. @default found out */
  readonly rows?: number | undefined;
}

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
