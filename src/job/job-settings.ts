/** Where jobs run and where their results are. */
export interface JobSettings {
  /** `local`: processes of this server; or `redis://…`, `rediss://…`: any server and `stream-csv work` that use it. */
  readonly engine: string;
  /** `folder`: that of prepared files; or `s3://BUCKET/PREFIX`. */
  readonly store: string;
  /** How long results stay, in milliseconds. */
  readonly keepMs: number;
  /** Jobs that one server, or one `stream-csv work`, runs at the same time; each needs a process. */
  readonly concurrency: number;
  /** Jobs that may wait; more are refused. */
  readonly queue: number;
  /** The address of a service compatible with S3; null for AWS. */
  readonly endpoint: string | null;
  /** Whether the bucket is in the path of addresses, not in the host; most compatible services need that. */
  readonly forcePathStyle: boolean;
  /** The region of S3; null for what the environment says. */
  readonly region: string | null;
}

/** The jobs of a server that says nothing about them. */
export const defaultJobSettings: JobSettings = {
  engine: "local",
  store: "folder",
  keepMs: 24 * 3_600_000,
  concurrency: 2,
  queue: 1000,
  endpoint: null,
  forcePathStyle: false,
  region: null,
};
