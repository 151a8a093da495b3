/**
 * Loaded into a process before its own modules, `node --import`: on SIGUSR2 it collects its garbage, and writes how many bytes are live
 * then to the file of `liveMemoryFile`.
 */
import { rename, writeFile } from "node:fs/promises";
import { liveMemory } from "./live-memory.ts";
import { liveMemoryFile } from "./live-memory-of.ts";

process.on("SIGUSR2", () => void tell());

async function tell(): Promise<void> {
  const { heapUsed, external } = await liveMemory();
  const file = liveMemoryFile(process.pid);
  await writeFile(`${file}.part`, String(heapUsed + external));
  await rename(`${file}.part`, file);
}
