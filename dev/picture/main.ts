/**
 * Draws docs/report.svg, the picture of the README, from a result file:
 *
 *     npx stream-csv bench --quick -o json=result.json
 *     npm run picture -- result.json
 */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { readResultFile } from "../../bench/results.ts";
import { drawPicture } from "./draw-picture.ts";
import { messageOf } from "../../src/ground.ts";

const target = fileURLToPath(new URL("../../../docs/report.svg", import.meta.url));

try {
  const [path, ...rest] = process.argv.slice(2);
  if (path === undefined || rest.length > 0) throw new Error("Name one result file of stream-csv bench.");
  await writeFile(target, drawPicture(await readResultFile(path)));
  process.stdout.write(`docs/report.svg shows ${path}\n`);
} catch (fault) {
  process.stderr.write(`${messageOf(fault)}\n`);
  process.stderr.write("Usage: npm run picture -- FILE\n");
  process.exitCode = 1;
}
