import { fork, type Serializable } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** What a faulty S3 service has seen, and what is in its bucket. */
export interface FaultyS3Report {
  readonly requests: readonly {
    readonly action: string;
    readonly name: string;
    /** When its head came, in milliseconds since 1970. */
    readonly atMs: number;
    readonly fault?: string;
  }[];
  readonly objects: readonly { readonly name: string; readonly sha256: string }[];
  /** Names of uploads in parts that haven't ended. */
  readonly unfinished: readonly string[];
}

/** An S3 service in a process of its own, which refuses some requests and cuts some uploads. Its bucket is `exports`. */
export interface FaultyS3 extends AsyncDisposable {
  readonly endpoint: string;
  /** From now on it makes no faults. */
  calm(): void;
  report(): Promise<FaultyS3Report>;
}

const program = fileURLToPath(new URL("./faulty-s3-process.js", import.meta.url));

/** Starts the service. It ends at the latest with this process. @param seed decides the faults */
export async function startFaultyS3(seed: number): Promise<FaultyS3> {
  // What the service takes; processes that are started here inherit it.
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "S3RVER", AWS_SECRET_ACCESS_KEY: "S3RVER" });
  const child = fork(program, [String(seed)]);
  const ended = once(child, "exit");
  const told = async (): Promise<Serializable> => {
    const failed = ended.then(([code]) => {
      throw new Error(`The S3 service ended with exit code ${String(code)}.`);
    });
    const [message] = (await Promise.race([once(child, "message"), failed])) as [Serializable];
    return message;
  };
  return {
    endpoint: (await told()) as string,
    calm: () => void child.send("calm"),
    report: async () => {
      child.send("report");
      return (await told()) as FaultyS3Report;
    },
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await ended;
    },
  };
}
