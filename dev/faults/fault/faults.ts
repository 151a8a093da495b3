import { connectionFaults } from "./connection-faults.ts";
import { diskFaults } from "./disk-faults.ts";
import type { FaultKind } from "./fault.ts";
import { fileFaults } from "./file-faults.ts";
import { logFaults } from "./log-faults.ts";
import { processFaults } from "./process-faults.ts";

/** Every kind of fault, by its name. */
export const faultKinds: Readonly<Record<string, FaultKind>> = {
  ...processFaults,
  ...diskFaults,
  ...logFaults,
  ...fileFaults,
  ...connectionFaults,
};
