/** How a server logs. */
export interface LogSettings {
  /** pino's levels: `trace`, `debug`, `info`, `warn`, `error`, `fatal`, `silent`. */
  readonly level: string;
  readonly format: "pretty" | "json";
  readonly color: boolean;
}
