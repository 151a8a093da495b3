/**
 * Simulates jobs on several machines: how long they wait, and what breaks first. Pure and seeded: equal options give equal output.
 *
 *     node dist/dev/simulation/main.js --jobs-per-second 0.5 --workers 6 --concurrency 4
 */
import { parseOptions, usage } from "./options.ts";
import { report } from "./report.ts";
import { messageOf } from "../../src/ground.ts";

const args = process.argv.slice(2);
try {
  process.stdout.write(args.includes("--help") ? usage : report(parseOptions(args)));
} catch (fault) {
  process.stderr.write(`${messageOf(fault)}\n\n${usage}`);
  process.exitCode = 1;
}
