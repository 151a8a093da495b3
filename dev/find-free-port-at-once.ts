import { spawnSync } from "node:child_process";

const module = new URL("../bench/subject/process/find-free-port.js", import.meta.url).href;

/** What `findFreePort` finds, for servers that are started without a pause. */
export function findFreePortAtOnce(): number {
  const program = `import { findFreePort } from "${module}"; console.log(await findFreePort());`;
  const args = ["--input-type=module", "-e", program];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (stdout === "") throw new Error(`There is no free port: ${stderr}`);
  return Number(stdout);
}
