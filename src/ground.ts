// What bench and bin need of the lowest storeys: faults, units, the clock, signals, connections, names, stamps of files. A program that needs
// nothing else of src starts sooner than with a larger entry. package.json doesn't export this file, so it can change at any time.

export { eitherSignal } from "./async/either-signal.ts";
export { withinTime } from "./async/within-time.ts";
export { fileStamp } from "./file-stamp.ts";
export { systemClock, type Clock } from "./clock.ts";
export { isCodedError, messageOf, StreamCsvError, type FaultCode, type FaultDetails } from "./errors.ts";
export { deliveries, isDelivery, type Delivery } from "./export/delivery.ts";
export { isConnected } from "./socket/is-connected.ts";
export { didYouMean, notAmong } from "./similar-name.ts";
export {
  formatBytes,
  formatCount,
  formatCountOf,
  formatSeconds,
  parseByteSize,
  parseCount,
  parseDuration,
} from "./units.ts";
