import assert from "node:assert/strict";
import { test } from "node:test";
import { insideNumbers, runBench } from "../bench/index.ts";
import * as api from "../src/index.ts";
import {
  parseByteSize,
  parseCount,
  parseDuration,
  formatBytes,
  formatCount,
  formatSeconds,
} from "../src/units.ts";
import { contentTypeOf, fileEndingOf } from "../src/csv/dialect.ts";
import { parseDialectOption } from "../src/csv/dialect-text.ts";
import { toStringifyOptions } from "../src/csv/to-stringify-options.ts";
import { generatedSource, generateBatch } from "../src/source/synthetic/generated-source.ts";
import { openSources } from "../src/source/open-source.ts";
import { openExport } from "../src/export/definition.ts";
import { openCatalog } from "../src/export/catalog.ts";
import { readExportParameters } from "../src/export/parameters.ts";
import { planExport } from "../src/export/plan.ts";
import { runExport } from "../src/export/run.ts";
import { startServer } from "../src/server.ts";
import { Occupancy } from "../src/admission/occupancy.ts";
import { defaultSettings } from "../src/server/shared/settings.ts";

/** Values of every type, as an untyped program may pass them. */
const values: readonly unknown[] = [undefined, null, true, 5, Number.NaN, "x", Symbol("s"), {}, [], () => 1];

type Act = (value: never) => unknown;

/** Functions of the library, with the values whose type is right. */
const functions: readonly (readonly [name: string, act: Act, isRight: (value: unknown) => boolean])[] = [
  ["parseByteSize", parseByteSize, () => false],
  ["parseCount", parseCount, () => false],
  ["parseDuration", parseDuration, () => false],
  ["formatBytes", formatBytes, (value) => typeof value === "number"],
  ["formatCount", formatCount, (value) => typeof value === "number"],
  ["formatSeconds", formatSeconds, (value) => typeof value === "number"],
  ["contentTypeOf", contentTypeOf, () => false],
  ["fileEndingOf", fileEndingOf, () => false],
  ["parseDialectOption", (value) => parseDialectOption(value, "x"), () => false],
  [
    "parseDialectOption's text",
    (value) => parseDialectOption("nullValue", value),
    (value) => typeof value === "string",
  ],
  ["toStringifyOptions", (value) => toStringifyOptions(value, { columns: [] }), () => false],
  ["toStringifyOptions's context", (value) => toStringifyOptions(api.dialects.unix, value), () => false],
  ["generatedSource", generatedSource, () => false],
  ["generateBatch", (value) => generateBatch(value, 0, 0, 1), () => false],
  ["openSource", api.openSource, (value) => typeof value === "string"],
  ["openSources", openSources, (value) => typeof value === "string"],
  ["openExport", openExport, (value) => typeof value === "string"],
  [
    "openCatalog",
    openCatalog,
    (value) => value === undefined || (typeof value === "object" && value !== null),
  ],
  [
    "openCatalog's sources",
    (value) => openCatalog({ sources: value }),
    (value) => value === undefined || Array.isArray(value),
  ],
  ["readExportParameters", readExportParameters, (value) => Array.isArray(value)],
  ["planExport", (value) => planExport(value, readExportParameters([])), () => false],
  ["runExport", (value) => runExport(value, { signal: new AbortController().signal }), () => false],
  [
    "startServer",
    (value) => startServer(value),
    (value) => value === undefined || (typeof value === "object" && value !== null && !Array.isArray(value)),
  ],
  ["Occupancy", (value) => new Occupancy(value), () => false],
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

const settings = defaultSettings;
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
    await assert.rejects(startServer({ ...settings, port: 0, ...change }), (error: NodeJS.ErrnoException) => {
      assert.match(String(error.code), /^SCSV_ARG_(TYPE|RANGE)$/, error.stack);
      assert.ok(error.message.includes(name), error.message);
      return true;
    });
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
