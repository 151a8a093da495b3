import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A service like S3 in a process of its own, and a configuration of `serve` whose jobs use it. */
export interface S3Service extends AsyncDisposable {
  readonly endpoint: string;
  /** The path of the configuration. */
  readonly configuration: string;
}

const program = fileURLToPath(new URL("./s3-service-process.js", import.meta.url));

/** Starts the service on a free port of the loopback interface. It ends at the latest with this process. */
export async function startS3Service(): Promise<S3Service> {
  // What the service takes; servers that are started here inherit it.
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "S3RVER", AWS_SECRET_ACCESS_KEY: "S3RVER" });
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-s3-"));
  const child = fork(program, [join(folder, "data")]);
  const port = await portOf(child);
  const endpoint = `http://127.0.0.1:${port}`;
  const configuration = join(folder, "stream-csv.json");
  const jobs = { store: "s3://exports/load", endpoint, forcePathStyle: true, region: "us-east-1" };
  await writeFile(configuration, JSON.stringify({ jobs }));
  return {
    endpoint,
    configuration,
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function portOf(child: ChildProcess): Promise<number> {
  const failed = once(child, "exit").then(([code]) => {
    throw new Error(`The S3 service ended with exit code ${String(code)} before it was ready.`);
  });
  const [port] = (await Promise.race([once(child, "message"), failed])) as [number];
  return port;
}
