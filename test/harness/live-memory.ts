import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** What lives on the heap and beside it once everything dead is gone, in bytes. */
export async function liveMemory(): Promise<NodeJS.MemoryUsage> {
  for (let round = 0; round < 4; round += 1) {
    collectGarbage();
    await new Promise((resolve) => void setImmediate(resolve));
  }
  return process.memoryUsage();
}
