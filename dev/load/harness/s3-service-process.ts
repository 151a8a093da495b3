/** A process with s3rver, which keeps the bucket "exports" in the folder of its first argument; it tells its port and ends with its parent. */
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";

/** What s3rver has of what is used here; it comes without types. */
interface S3rver {
  run(): Promise<AddressInfo>;
}

const require = createRequire(import.meta.url);
const Service = require("@20minutes/s3rver") as new (options: object) => S3rver;

process.once("disconnect", () => process.exit());
const directory = process.argv[2] ?? "";
const options = { address: "127.0.0.1", port: 0, silent: true, vhostBuckets: false, directory };
const { port } = await new Service({ ...options, configureBuckets: [{ name: "exports" }] }).run();
process.send?.(port);
