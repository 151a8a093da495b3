import assert from "node:assert/strict";
import { test } from "node:test";
import { insideNumbers, runBench } from "../bench/index.ts";
import * as api from "../src/index.ts";

/** Values of every type, as an untyped program may pass them. */
const values: readonly unknown[] = [undefined, null, true, 5, Number.NaN, "x", Symbol("s"), {}, [], () => 1];

type Act = (value: never) => unknown;

/** Functions of the library, with the values whose type is right. */
const functions: readonly (readonly [name: string, act: Act, isRight: (value: unknown) => boolean])[] = [
  ["parseByteSize", api.parseByteSize, () => false],
  ["parseCount", api.parseCount, () => false],
  ["parseDuration", api.parseDuration, () => false],
  ["formatBytes", api.formatBytes, (value) => typeof value === "number"],
  ["formatCount", api.formatCount, (value) => typeof value === "number"],
  ["formatSeconds", api.formatSeconds, (value) => typeof value === "number"],
  ["contentTypeOf", api.contentTypeOf, () => false],
  ["fileEndingOf", api.fileEndingOf, () => false],
  ["parseDialectOption", (value) => api.parseDialectOption(value, "x"), () => false],
  [
    "parseDialectOption's text",
    (value) => api.parseDialectOption("nullValue", value),
    (value) => typeof value === "string",
  ],
  ["toStringifyOptions", (value) => api.toStringifyOptions(value, { columns: [] }), () => false],
  ["toStringifyOptions's context", (value) => api.toStringifyOptions(api.dialects.unix, value), () => false],
  ["generatedSource", api.generatedSource, () => false],
  ["generateBatch", (value) => api.generateBatch(value, 0, 0, 1), () => false],
  ["openSource", api.openSource, (value) => typeof value === "string"],
  ["openSources", api.openSources, (value) => typeof value === "string"],
  ["openExport", api.openExport, (value) => typeof value === "string"],
  [
    "openCatalog",
    api.openCatalog,
    (value) => value === undefined || (typeof value === "object" && value !== null),
  ],
  [
    "openCatalog's files",
    (value) => api.openCatalog({ files: value }),
    (value) => value === undefined || Array.isArray(value),
  ],
  ["readExportParameters", api.readExportParameters, (value) => Array.isArray(value)],
  ["planExport", (value) => api.planExport(value, api.readExportParameters([])), () => false],
  ["runExport", (value) => api.runExport(value, { signal: new AbortController().signal }), () => false],
  [
    "startServer",
    (value) => api.startServer(value, api.systemClock),
    (value) => value === undefined || (typeof value === "object" && value !== null && !Array.isArray(value)),
  ],
  ["Occupancy", (value) => new api.Occupancy(value), () => false],
  ["StreamCsvError", (value) => new api.StreamCsvError(value, "message"), () => false],
  ["runBench", (value) => runBench(value, { cli: ["node"], tool: { name: "x", version: "1" } }), () => false],
  ["runBench's hooks", (value) => runBench({ seed: 1 }, value), () => false],
];
for (const [name, act, isRight] of functions) {
  test(`${name} refuses arguments of a wrong type with a code and a sentence`, async () => {
    for (const value of values.filter((each) => !isRight(each))) {
      await assert.rejects(
        async () => await act(value as never),
        (error: NodeJS.ErrnoException) => {
          assert.match(String(error.code), /^SCSV_ARG_(TYPE|RANGE)$/, `${String(value)}: ${error.stack}`);
          assert.match(error.message, /\.$/);
          return error instanceof TypeError || error instanceof RangeError;
        },
        String(value),
      );
    }
  });
}

const settings = api.defaultSettings;
const wrongSettings: readonly (readonly [name: string, change: Record<string, unknown>])[] = [
  ["minRateBytesPerSecond", { minRateBytesPerSecond: -1 }],
  ["minRateBytesPerSecond", { minRateBytesPerSecond: Number.NaN }],
  ["workers", { workers: 0 }],
  ["workers", { workers: 257 }],
  ["workers", { workers: 1.5 }],
  ["slots", { slots: 0 }],
  ["queue", { queue: -1 }],
  ["queueTimeoutMs", { queueTimeoutMs: -1 }],
  ["drainTimeoutMs", { drainTimeoutMs: Number.POSITIVE_INFINITY }],
  ["shutdownDelayMs", { shutdownDelayMs: 2 ** 31 }],
  ["bufferMemoryBytes", { bufferMemoryBytes: -5 }],
  ["spoolBytes", { spoolBytes: "2GiB" }],
  ["spoolDirectory", { spoolDirectory: "" }],
  ["spoolDirectory", { spoolDirectory: undefined }],
  ["port", { port: 70_000 }],
  ["host", { host: "" }],
  ["workerModel", { workerModel: "psychic" }],
  ["encoder", { encoder: "slow" }],
  ["sources[0]", { sources: [5] }],
  ["csv", { csv: null }],
  ["http.headBytes", { http: { ...settings.http, headBytes: 0 } }],
  ["http.codings[0]", { http: { ...settings.http, codings: ["lzma"] } }],
  ["http.foo", { http: { ...settings.http, foo: 1 } }],
  ["log.level", { log: { ...settings.log, level: "loud" } }],
  ["log.color", { log: { ...settings.log, color: "yes" } }],
  ["prot", { prot: 1 }],
];
for (const [name, change] of wrongSettings) {
  const shown = Object.values(change).map(String).join();
  test(`startServer refuses ${name} of ${shown} at the start, naming it`, async () => {
    await assert.rejects(
      api.startServer({ ...settings, port: 0, ...change }, api.systemClock),
      (error: NodeJS.ErrnoException) => {
        assert.match(String(error.code), /^SCSV_ARG_(TYPE|RANGE)$/, error.stack);
        assert.ok(error.message.includes(name), error.message);
        return true;
      },
    );
  });
}

const wrongRuns: readonly (readonly [name: string, config: Record<string, unknown>])[] = [
  ["seed", {}],
  ["rounds", { seed: 1, rounds: 0 }],
  ["rounds", { seed: 1, rounds: "5" }],
  ["rows", { seed: 1, rows: -1 }],
  ["readers", { seed: 1, readers: 0 }],
  ["read rate", { seed: 1, readBytesPerSecond: -1 }],
  ["deliveries", { seed: 1, deliveries: "streaming" }],
  ["pigeon", { seed: 1, deliveries: ["pigeon"] }],
  ["isStrict", { seed: 1, isStrict: "yes" }],
  ["colour", { seed: 1, colour: "red" }],
];
for (const [name, config] of wrongRuns) {
  test(`runBench refuses ${JSON.stringify(config)} before it starts anything`, async () => {
    await assert.rejects(
      runBench(config as never, { cli: ["/nonexistent"], tool: { name: "x", version: "1" } }),
      (error: NodeJS.ErrnoException) => {
        assert.match(String(error.code), /^SCSV_ARG_(TYPE|RANGE)$/, error.stack);
        assert.ok(error.message.includes(name), error.message);
        return true;
      },
    );
  });
}

test("the meter of insideNumbers refuses an invalid wait", () => {
  const meter = insideNumbers();
  for (const wait of [-1, Number.NaN, Number.POSITIVE_INFINITY, "5s", {}])
    assert.throws(() => meter.begin(wait as never), { code: "SCSV_ARG_RANGE" });
  meter.begin(0)();
});
