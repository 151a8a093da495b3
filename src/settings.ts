// What bin needs to declare and check the settings of serve and of file sources, without what runs them. package.json
// doesn't export this file, so it can change at any time.

export { encoderNames } from "./csv/encoder-name.ts";
export { optionsTakenBy } from "./source/check-file-options.ts";
export { fileKindOf, hasTables } from "./source/file-endings.ts";
export { fileEncodings } from "./source/file-options.ts";
export { parseFileOptions } from "./source/parse-file-options.ts";
export { mostWorkers } from "./server/shared/check-jobs.ts";
export { checkSetting, checkSettings } from "./server/shared/check-settings.ts";
export { defaultSettings, http10Ways, workerModels } from "./server/shared/settings.ts";
